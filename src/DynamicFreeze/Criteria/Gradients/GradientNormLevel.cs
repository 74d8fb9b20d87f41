namespace ResearchFreeze.DynamicFreeze;

/// <summary>The size of the unit's gradient over the interval as a fraction of the largest it has shown.</summary>
public sealed class GradientNormLevel(GradientMeasure measure = GradientMeasure.L2) : ICriterion
{
    /// <inheritdoc/>
    public string Name { get; } = $"gradient-norm-level{measure.Suffix()}";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [measure.Statistic()];

    /// <inheritdoc/>
    public string Finished => "its gradient is small beside its largest";

    /// <inheritdoc/>
    public string Unfinished => "its gradient is still large";

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        return history.FractionOfPeak(observation => measure.Of(observation));
    }
}
