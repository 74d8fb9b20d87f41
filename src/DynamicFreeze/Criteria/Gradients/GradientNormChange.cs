namespace ResearchFreeze.DynamicFreeze;

/// <summary>|n(T−1) − n(T)| / n(T−1), n(T) the size of the unit's gradient over interval T: AutoFreeze's η (Liu et al. 2021), which measures <see cref="GradientMeasure.AccumulatedL1"/>.</summary>
public sealed class GradientNormChange(GradientMeasure measure = GradientMeasure.L2) : ICriterion
{
    /// <inheritdoc/>
    public string Name { get; } = $"gradient-norm-change{measure.Suffix()}";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [measure.Statistic()];

    /// <inheritdoc/>
    public string Finished => "its gradient's norm hardly changes";

    /// <inheritdoc/>
    public string Unfinished => "its gradient's norm still changes";

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        if (history.Count < 2) return double.NaN;
        double before = measure.Of(history[^2]), now = measure.Of(history[^1]);
        return before > 0 ? Math.Abs(before - now) / before : double.NaN;
    }
}
