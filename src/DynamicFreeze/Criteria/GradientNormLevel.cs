namespace ResearchFreeze.DynamicFreeze;

/// <summary>The size of the unit's gradient over the interval as a fraction of the largest it has shown.</summary>
public sealed class GradientNormLevel(GradientMeasure measure = GradientMeasure.L2) : ICriterion
{
    /// <inheritdoc/>
    public string Name { get; } = $"gradient-norm-level{measure.Suffix()}";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [measure.Statistic()];

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        return history.FractionOfPeak(observation => measure.Of(observation));
    }
}
