namespace ResearchFreeze.DynamicFreeze;

/// <summary>‖g‖₂ / ‖w‖₂ (Surgical Fine-Tuning's RGN, Lee et al. 2023), the root mean square of the gradient over the interval and the weights at its end. To be compared between units: a percentile rule does.</summary>
public sealed class RelativeGradientNorm : ICriterion
{
    /// <inheritdoc/>
    public string Name => "relative-gradient-norm";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new GradientNorm(), new WeightNorm()];

    /// <inheritdoc/>
    public string Finished => "its gradient is small beside its weights";

    /// <inheritdoc/>
    public string Unfinished => "its gradient is not small beside its weights";

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        if (history.Count < 2) return double.NaN;
        double norm = WeightNorm.Norm(history[^1]);
        return norm > 0 ? GradientNorm.Norm(history[^1]) / norm : double.NaN;
    }
}
