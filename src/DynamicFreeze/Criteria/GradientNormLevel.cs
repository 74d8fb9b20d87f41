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
        return history.FractionOfPeak(GradientNorm.Norm);
    }
}
