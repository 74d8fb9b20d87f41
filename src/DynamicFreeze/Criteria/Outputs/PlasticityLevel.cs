namespace ResearchFreeze.DynamicFreeze;

/// <summary>The unit's plasticity as a fraction of the largest it has shown (<see cref="Plasticity"/>; Egeria, Wang et al. 2023).</summary>
public sealed class PlasticityLevel : ICriterion
{
    /// <inheritdoc/>
    public string Name => "plasticity";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new Plasticity()];

    /// <inheritdoc/>
    public string Finished => "its output hardly changes";

    /// <inheritdoc/>
    public string Unfinished => "its output still changes";

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        return history.FractionOfPeak(Plasticity.Of);
    }
}
