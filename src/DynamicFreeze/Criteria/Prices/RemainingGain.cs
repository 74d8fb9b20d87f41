namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// What freezing a unit now would cost, in the loss's unit, whether it is stationary or not: its <see cref="AnnealingDebt"/> and what it would still gain by going where it goes. To first order that is g · ∫η from now to the end, times
/// the squared mean gradient, which two displacements tell, with an interval between them so that they share no noise: max(0, Σ d·Δₖ·Δₖ₋₂) / (g² · ∫ηₖ · ∫ηₖ₋₂). The mean of the last checks. Needs the run's length.
/// </summary>
/// <param name="checks">Checks averaged over; at least 1, and no more than a run could have.</param>
public sealed class RemainingGain(int checks = 3) : ICriterion
{
    private readonly int checks = LastChecks.Checked("remaining-gain", checks);

    /// <inheritdoc/>
    public string Name => "remaining-gain";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"checks={checks}");

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new Displacement()];

    /// <inheritdoc/>
    public string Finished => "it has little to gain";

    /// <inheritdoc/>
    public string Unfinished => "it has something to gain";

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        // The first two observations of a stretch have nothing to be compared with.
        if (history.Count < checks + 2) return double.NaN;
        double debt = 0, slope = 0;
        for (int i = 1; i <= checks; i++)
        {
            (Observation now, Observation before) = (history[^i], history[^(i + 2)]);
            double distances = now.StepGain * now.IntegratedRate * before.StepGain * before.IntegratedRate;
            debt += AnnealingDebt.Of(now, corrected: false);
            slope += distances > 0 ? Displacement.Gain(now) / distances : double.NaN;
        }
        // The mean first: noise around zero is no gain.
        return (debt + (Math.Max(0, slope) * history[^1].StepGain * history[^1].RemainingRate)) / checks;
    }

    /// <inheritdoc/>
    public double Price(UnitHistory history) => Score(history);

    /// <inheritdoc/>
    public bool HasPrice => true;

    /// <inheritdoc/>
    public bool NeedsRunSteps => true;
}
