namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Whether the unit still goes somewhere: the mean over the last checks of the cosine between its movement in an interval and in the one before the last (<see cref="Displacement"/>). It has no scale: it does not
/// change with the learning rate, the width or the weights' norm, so one threshold serves all units, also those in front of a normalisation.
/// </summary>
/// <param name="checks">Checks averaged over; at least 1, and no more than a run could have.</param>
public sealed class Drift(int checks = 3) : ICriterion
{
    private readonly int checks = LastChecks.Checked("drift", checks);

    /// <inheritdoc/>
    public string Name => "drift";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"checks={checks}");

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new Displacement()];

    /// <inheritdoc/>
    public string Finished => FormattableString.Invariant($"its last {checks} movements point nowhere");

    /// <inheritdoc/>
    public string Unfinished => "it still moves one way";

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        // The first two observations of a stretch have nothing to be compared with.
        if (history.Count < checks + 2) return double.NaN;
        double sum = 0;
        for (int i = 1; i <= checks; i++) sum += Displacement.Cosine(history[^i]);
        return sum / checks;
    }
}
