namespace ResearchFreeze.Autograd;

/// <summary>What the launches of one kernel take in a step.</summary>
/// <param name="Kernel">Its name, as <see cref="KernelCounters"/> has it; <c>Copy</c>: copies from range to range.</param>
/// <param name="Launches">How many there are.</param>
/// <param name="Seconds">The device's time for all of them.</param>
/// <param name="Flops">Operations that are counted for the primitives that they begin.</param>
/// <param name="Bytes">Bytes likewise.</param>
/// <param name="BoundSeconds">The least time by the roofline for each; 0 where the machine's rates are not known.</param>
public sealed record KernelTime(string Kernel, long Launches, double Seconds, long Flops, long Bytes, double BoundSeconds);
