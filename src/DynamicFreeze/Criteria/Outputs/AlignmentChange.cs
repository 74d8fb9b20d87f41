namespace ResearchFreeze.DynamicFreeze;

/// <summary>|CKA(T) − CKA(T−1)| / CKA(T−1): how much the kernel alignment with a reference model has changed from one check to the next (SimFreeze, Li et al. 2024).</summary>
public sealed class AlignmentChange : ICriterion
{
    /// <inheritdoc/>
    public string Name => "cka-change";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new KernelAlignment()];

    /// <inheritdoc/>
    public string Finished => "its likeness to the reference hardly changes";

    /// <inheritdoc/>
    public string Unfinished => "its likeness to the reference still changes";

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        if (history.Count < 2) return double.NaN;
        double before = KernelAlignment.Of(history[^2]), now = KernelAlignment.Of(history[^1]);
        return before > 0 ? Math.Abs(now - before) / before : double.NaN;
    }
}
