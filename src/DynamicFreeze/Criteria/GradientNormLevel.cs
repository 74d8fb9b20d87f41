namespace ResearchFreeze.DynamicFreeze;

/// <summary>The unit's gradient norm (root mean square over the interval) as a fraction of the largest it has shown.</summary>
public sealed class GradientNormLevel : ICriterion
{
    /// <inheritdoc/>
    public string Name => "gradient-norm-level";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new GradientNorm()];

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        if (history.Count < 2) return double.NaN;
        double largest = 0;
        foreach (Observation observation in history.All)
        {
            // An interval that overflowed says nothing about the scale: beside infinity every later norm would look finished.
            double norm = GradientNorm.Norm(observation);
            if (double.IsFinite(norm) && norm > largest) largest = norm;
        }
        return largest > 0 ? GradientNorm.Norm(history[^1]) / largest : double.NaN;
    }
}
