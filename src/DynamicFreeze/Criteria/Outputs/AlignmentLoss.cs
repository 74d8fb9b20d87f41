namespace ResearchFreeze.DynamicFreeze;

/// <summary>1 − CKA of the unit's outputs with the reference model's (SimFreeze, Li et al. 2024): 0 where both see the probe batch alike.</summary>
public sealed class AlignmentLoss : ICriterion
{
    /// <inheritdoc/>
    public string Name => "cka";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new KernelAlignment()];

    /// <inheritdoc/>
    public string Finished => "its output is the reference's";

    /// <inheritdoc/>
    public string Unfinished => "its output differs from the reference's";

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        return history.Count < 2 ? double.NaN : 1 - KernelAlignment.Of(history[^1]);
    }
}
