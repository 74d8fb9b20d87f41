namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Freezes from the input on: only the frontmost unit that still trains and is no head is judged, as in Egeria (Wang et al. 2023), and it is frozen when its score has been below the threshold at
/// <c>patience</c> checks. A score at or above threshold · hysteresis starts the count again; one in between neither counts nor resets, so that noise around the threshold does not
/// decide; NaN counts as in between. After a thaw a unit needs twice the patience, unless told otherwise.
/// </summary>
public sealed class PrefixPatience : IFreezeRule<PatienceState>
{
    private readonly Patience judge;

    /// <summary>A prefix rule.</summary>
    /// <param name="patience">Checks below the threshold before a unit is frozen; at least 1.</param>
    /// <param name="threshold">Scores below it say "finished".</param>
    /// <param name="hysteresis">At least 1.</param>
    /// <param name="afterThaw">What the patience of a unit that was thawed is multiplied with; at least 1.</param>
    public PrefixPatience(int patience = 2, double threshold = 0.5, double hysteresis = 2, int afterThaw = 2)
    {
        judge = new Patience(Name, patience, threshold, hysteresis, afterThaw);
    }

    /// <inheritdoc/>
    public string Name => "prefix-patience";

    /// <inheritdoc/>
    public string Settings => judge.Settings;

    /// <inheritdoc/>
    public FreezeDecision Decide(CheckContext context, ref PatienceState state)
    {
        Patience.Begin(context, state);
        var decision = new FreezeDecision(context);
        if (context.Units.FirstOrDefault(unit => !unit.IsFrozen && !unit.IsHead) is { } front) judge.Judge(front, state, decision);
        return decision;
    }
}
