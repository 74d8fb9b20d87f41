using System.Globalization;

namespace ResearchFreeze.Layers;

/// <summary>One cycle (Smith 2018) with cosine phases: maximum / divider up to the maximum over the first part, then down to start / finalDivider.</summary>
public sealed class OneCycle(float maximum, int steps, float risingPart = 0.3f, float divider = 25, float finalDivider = 1e4f) : Schedule
{
    private readonly float maximum = Positive(maximum, "one-cycle schedule");
    private readonly int steps = PositiveSteps(steps, "one-cycle schedule");

    /// <inheritdoc/>
    public override string Key => string.Create(CultureInfo.InvariantCulture, $"one-cycle:maximum={maximum},steps={steps},rising={risingPart},divider={divider},final={finalDivider}");

    /// <inheritdoc/>
    public override float Rate(int step)
    {
        double start = maximum / divider, end = start / finalDivider;
        // As PyTorch counts: the peak is reached at step risingPart·steps − 1 and the end at the last step.
        double peak = (risingPart * steps) - 1, last = steps - 1;
        if (step <= peak) return (float)Between(start, maximum, peak <= 0 ? 1 : step / peak);
        return (float)Between(maximum, end, last <= peak ? 1 : Math.Min(1, (step - peak) / (last - peak)));
    }

    private static double Between(double from, double to, double progress) => to + ((from - to) * (1 + Math.Cos(Math.PI * progress)) / 2);
}
