namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Freezes from the input on: only the frontmost unit that still trains and is no head is judged, as in Egeria (Wang et al. 2023), and it is frozen when its score has been below the threshold at
/// <c>patience</c> checks. A score at or above threshold · hysteresis starts the count again; one in between neither counts nor resets, so that noise around the threshold does not
/// decide; NaN counts as in between. After a thaw a unit needs twice the patience, unless told otherwise.
/// Where all are judged together, the counts of units behind the frontmost one go on while they wait, and several finished ones are frozen at one check: in a network that was trained before, all units may be finished at once.
/// </summary>
public sealed class PrefixPatience : IFreezeRule<PatienceState>
{
    private readonly Patience judge;
    private readonly bool together;

    /// <summary>A prefix rule.</summary>
    /// <param name="patience">Checks below the threshold before a unit is frozen; at least 1.</param>
    /// <param name="threshold">Scores below it say "finished".</param>
    /// <param name="hysteresis">At least 1.</param>
    /// <param name="afterThaw">What the patience of a unit that was thawed is multiplied with; at least 1.</param>
    /// <param name="together">Whether all units are judged at every check, and not only the frontmost one that trains.</param>
    public PrefixPatience(int patience = 2, double threshold = 0.5, double hysteresis = 2, int afterThaw = 2, bool together = false)
    {
        judge = new Patience(Name, patience, threshold, hysteresis, afterThaw);
        this.together = together;
    }

    /// <inheritdoc/>
    public string Name => "prefix-patience";

    /// <inheritdoc/>
    public string Settings => $"{judge.Settings}{(together ? ",together" : "")}";

    /// <inheritdoc/>
    public FreezeDecision Decide(CheckContext context, ref PatienceState state)
    {
        Patience.Begin(context, state);
        var decision = new FreezeDecision(context);
        bool isPrefix = true;
        foreach (UnitView unit in context.Units)
        {
            if (unit.IsFrozen || unit.IsHead) continue;
            if (isPrefix) judge.Judge(unit, state, decision);
            else judge.Count(unit, state);
            isPrefix &= decision.Units[unit.Index].Frozen;
            if (!together) break;
        }
        return decision;
    }
}
