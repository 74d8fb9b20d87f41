namespace ResearchFreeze.DynamicFreeze;

/// <summary>1 − CKA of the unit's outputs with the reference model's (SimFreeze, Li et al. 2024): 0 where both see the probe batch alike.</summary>
public sealed class AlignmentLoss : ICriterion
{
    /// <inheritdoc/>
    public string Name => "cka";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new KernelAlignment()];

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        return history.Count < 2 ? double.NaN : 1 - KernelAlignment.Of(history[^1]);
    }
}

/// <summary>The unit's plasticity as a fraction of the largest it has shown (<see cref="Plasticity"/>; Egeria, Wang et al. 2023).</summary>
public sealed class PlasticityLevel : ICriterion
{
    /// <inheritdoc/>
    public string Name => "plasticity";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new Plasticity()];

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        return history.FractionOfPeak(Plasticity.Of);
    }
}
