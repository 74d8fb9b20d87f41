namespace ResearchFreeze.Autograd;

/// <summary>A machine's two constants: floating-point operations and bytes a second. Measured once, printed wherever a prediction is.</summary>
public readonly record struct MachineRates(double FlopsPerSecond, double BytesPerSecond)
{
    /// <summary>The least time for this much work under the roofline model; an algorithm with fewer operations than are counted can be faster.</summary>
    public double Seconds(long flops, long bytes) =>
        FlopsPerSecond <= 0 ? 0 : Math.Max(flops / FlopsPerSecond, bytes / BytesPerSecond);
}
