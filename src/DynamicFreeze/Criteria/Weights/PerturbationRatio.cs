namespace ResearchFreeze.DynamicFreeze;

/// <summary>Σ|E| / ΣA of the unit (<see cref="EffectivePerturbation"/>; APF, Chen et al. 2021, aggregated over the unit's scalars): 1 while it moves one way, low when it moves to and fro.</summary>
/// <param name="decay">α in [0, 1).</param>
public sealed class PerturbationRatio(float decay = 0.9f) : ICriterion
{
    private readonly EffectivePerturbation perturbation = new(decay);

    /// <inheritdoc/>
    public string Name => "effective-perturbation";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics => [perturbation];

    /// <inheritdoc/>
    public string Finished => "its updates cancel each other";

    /// <inheritdoc/>
    public string Unfinished => "its updates still add up";

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        if (history.Count < 2) return double.NaN;
        ReadOnlySpan<double> values = history[^1].Of(perturbation.Key);
        return values[1] > 0 ? values[0] / values[1] : double.NaN;
    }
}
