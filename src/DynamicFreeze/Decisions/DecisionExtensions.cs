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

    /// <summary>What the freezes that stand at the end are expected to cost together, in the loss's unit: the sum of their <see cref="DecisionEntry.Price"/>; null: no rule has said, or one of them is a fork's, whose price nobody said.</summary>
    public static double? ExpectedLoss(this IEnumerable<DecisionEntry> decisions)
    {
        ArgumentNullException.ThrowIfNull(decisions);
        var standing = new Dictionary<int, DecisionEntry>();
        foreach (DecisionEntry entry in decisions)
        {
            if (entry.Action == FreezeAction.Freeze) standing[entry.Unit] = entry;
            else if (entry.Action == FreezeAction.Thaw) standing.Remove(entry.Unit);
        }
        if (standing.Values.Any(entry => entry.Price is null && entry.Trigger == DecisionRecord.ForkTrigger)) return null;
        return standing.Values.Any(entry => entry.Price is not null) ? standing.Values.Sum(entry => entry.Price ?? 0) : null;
    }

    /// <summary>Leaves a unit what it is; its rate may still change.</summary>
    public static void Refuse(this FreezeDecision decision, UnitView unit)
    {
        ArgumentNullException.ThrowIfNull(decision);
        ArgumentNullException.ThrowIfNull(unit);
        decision.Set(unit.Index, decision.Units[unit.Index] with { Frozen = unit.IsFrozen, Reason = null, StateAction = null, CutRate = null });
    }
}
