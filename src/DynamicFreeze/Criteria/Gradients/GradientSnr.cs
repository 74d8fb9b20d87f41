namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// The gradient's signal-to-noise ratio, Σm² / Σ(s − m²) with moving averages m of the gradient and s of its square (after Surgical Fine-Tuning's criterion, Lee et al. 2023, which takes the variance over a batch).
/// Noise alone gives about weight / (2 − weight).
/// </summary>
/// <param name="weight">The newest step's share of the averages, in (0, 1].</param>
public sealed class GradientSnr(float weight = 0.1f) : ICriterion
{
    private readonly GradientMoments moments = new(weight);

    /// <inheritdoc/>
    public string Name => "gradient-snr";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics => [moments];

    /// <inheritdoc/>
    public string Finished => "its gradient is mostly noise";

    /// <inheritdoc/>
    public string Unfinished => "its gradient still has a direction";

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        return history.Count < 2 ? double.NaN : moments.SignalToNoise(history[^1]);
    }
}
