namespace ResearchFreeze.Evaluation;

/// <summary>A full training step and a forward pass with this many units frozen in front.</summary>
/// <param name="FrozenUnits">Units frozen, from the input on.</param>
/// <param name="Units">Units of the model.</param>
/// <param name="StepMilliseconds">Median of forward, backward and optimizer.</param>
/// <param name="ForwardMilliseconds">Median of a forward pass without gradients.</param>
/// <param name="PredictedMilliseconds">Σ max(operations / peak, bytes / bandwidth) over the step's primitives.</param>
/// <param name="Flops">Nominal operations of a step.</param>
/// <param name="Bytes">Bytes that a step reads and writes.</param>
/// <param name="ManagedBytesPerStep">Managed memory that a step allocates.</param>
/// <param name="Primitives">The primitives that a step calls; their costs add up to the step's.</param>
public sealed record StepBenchRow(
    int FrozenUnits, int Units, double StepMilliseconds, double ForwardMilliseconds, double PredictedMilliseconds, long Flops, long Bytes, long ManagedBytesPerStep,
    IReadOnlyList<PrimitiveBenchRow> Primitives)
{
    /// <summary>The most that was kept for the backward pass at a time.</summary>
    public long SavedBytes { get; init; }

    /// <summary>Bytes of the weights, those of frozen units included.</summary>
    public long WeightBytes { get; init; }

    /// <summary>The part of its bound that the step reaches: 1 is as fast as the machine allows for the definition's arithmetic; 3×3 convolutions on a CPU do less and can exceed it.</summary>
    public double OfBound => PredictedMilliseconds / StepMilliseconds;

    /// <summary>Nominal operations a second.</summary>
    public double FlopsPerSecond => Flops / (StepMilliseconds * 1e-3);
}
