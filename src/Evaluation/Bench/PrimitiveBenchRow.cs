using ResearchFreeze.Autograd;

namespace ResearchFreeze.Evaluation;

/// <summary>What the calls of one primitive in a step are.</summary>
/// <param name="Primitive">The primitive.</param>
/// <param name="Calls">Calls a step.</param>
/// <param name="Flops">Nominal operations of all of them.</param>
/// <param name="Bytes">Bytes that they read and write.</param>
/// <param name="PredictedMilliseconds">Σ max(operations / peak, bytes / bandwidth) over the calls.</param>
/// <param name="Milliseconds">Median over the steps of the time of all of them, by <see cref="PrimitiveClock"/>; null where it was not taken.</param>
public sealed record PrimitiveBenchRow(Primitive Primitive, long Calls, long Flops, long Bytes, double PredictedMilliseconds, double? Milliseconds);
