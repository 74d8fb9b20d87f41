namespace ResearchFreeze.DynamicFreeze;

/// <summary>What filters ask of a decision and do to it.</summary>
public static class DecisionExtensions
{
    /// <summary>Whether a unit that trains is to be frozen.</summary>
    public static bool IsNewFreeze(this FreezeDecision decision, UnitView unit)
    {
        ArgumentNullException.ThrowIfNull(decision);
        ArgumentNullException.ThrowIfNull(unit);
        return !unit.IsFrozen && decision.Units[unit.Index].Frozen;
    }

    /// <summary>Leaves a unit what it is; its rate may still change.</summary>
    public static void Refuse(this FreezeDecision decision, UnitView unit)
    {
        ArgumentNullException.ThrowIfNull(decision);
        ArgumentNullException.ThrowIfNull(unit);
        decision.Set(unit.Index, decision.Units[unit.Index] with { Frozen = unit.IsFrozen, Reason = null, StateAction = null, CutRate = null });
    }
}
