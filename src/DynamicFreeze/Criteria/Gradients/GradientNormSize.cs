namespace ResearchFreeze.DynamicFreeze;

/// <summary>The size of the unit's gradient over the interval itself, not compared with its past as <see cref="GradientNormLevel"/> is: for rules that compare units, and for methods with a threshold of their own.</summary>
public sealed class GradientNormSize(GradientMeasure measure = GradientMeasure.L2) : ICriterion
{
    /// <inheritdoc/>
    public string Name { get; } = $"gradient-norm-size{measure.Suffix()}";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [measure.Statistic()];

    /// <inheritdoc/>
    public string Finished => "its gradient is small";

    /// <inheritdoc/>
    public string Unfinished => "its gradient is not small";

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        return history.Count < 2 ? double.NaN : measure.Of(history[^1]);
    }
}
