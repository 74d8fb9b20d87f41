namespace ResearchFreeze.DynamicFreeze;

/// <summary>|n(T−1) − n(T)| / n(T−1), n(T) the unit's gradient norm over interval T (AutoFreeze's η, Liu et al. 2021, with the root-mean-square L2 norm).</summary>
public sealed class GradientNormChange : ICriterion
{
    /// <inheritdoc/>
    public string Name => "gradient-norm-change";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new GradientNorm()];

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        if (history.Count < 2) return double.NaN;
        double before = GradientNorm.Norm(history[^2]), now = GradientNorm.Norm(history[^1]);
        return before > 0 ? Math.Abs(before - now) / before : double.NaN;
    }
}
