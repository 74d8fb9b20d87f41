namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Freezes any unit, wherever it is, when its score has been below the threshold at <c>patience</c> checks, as GradES (2025) and SlimFit's threshold form do; counts as <see cref="PrefixPatience"/> does.
/// A unit frozen behind one that trains still passes the input gradient on: only its weight gradient, its saved inputs and its update are saved.
/// </summary>
public sealed class Threshold : IFreezeRule<PatienceState>
{
    private readonly Patience judge;
    private readonly bool stops;

    /// <summary>A threshold rule.</summary>
    /// <param name="patience">Checks below the threshold before a unit is frozen; at least 1. After a thaw twice as many.</param>
    /// <param name="threshold">Scores below it say "finished".</param>
    /// <param name="hysteresis">At least 1: a score at or above threshold · hysteresis starts the count again.</param>
    /// <param name="stops">Whether training may stop when only heads train.</param>
    public Threshold(int patience = 2, double threshold = 0.5, double hysteresis = 2, bool stops = false)
    {
        this.stops = stops;
        judge = new Patience(Name, patience, threshold, hysteresis);
    }

    /// <inheritdoc/>
    public string Name => "threshold";

    /// <inheritdoc/>
    public string Settings => $"{judge.Settings}{(stops ? ",stops" : "")}";

    /// <inheritdoc/>
    public FreezeDecision Decide(CheckContext context, ref PatienceState state)
    {
        Patience.Begin(context, state);
        var decision = new FreezeDecision(context);
        foreach (UnitView unit in context.Units)
        {
            if (!unit.IsFrozen && !unit.IsHead) judge.Judge(unit, state, decision);
        }
        // Without a head one unit always trains.
        decision.Stop = stops && context.Units.Any(unit => unit.IsHead) && context.Units.All(unit => unit.IsHead || decision.Units[unit.Index].Frozen);
        return decision;
    }
}
