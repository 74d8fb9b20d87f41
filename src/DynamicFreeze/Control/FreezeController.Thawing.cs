using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What is decided without the rule: timer, guard, thaws, and a recorded run's decisions.</summary>
public sealed partial class FreezeController
{
    private void ThawOnTimer()
    {
        if (Options.ThawAfterSteps == 0) return;
        foreach (UnitState unit in units)
        {
            int rested = optimizer.StepCount - unit.FrozenAt;
            if (unit.Unit.IsFrozen && rested >= Options.ThawAfterSteps) Thaw([unit], "timer", $"it has rested for {rested} steps");
        }
    }

    private void Guarded(ValidationPoint point)
    {
        if (Options.GuardMargin == 0 || guard.Objection(validation, point, Options.GuardMargin) is not { } reason) return;
        UnitState[] last = [.. guard.Pending.Select(index => units[index])];
        guard.Rest(guard.Pending, checks + Options.GuardChecks);
        Thaw(last, "guard", reason);
        Rollback($"back to the weights of step {guard.Step}, before {string.Join(", ", last.Select(unit => unit.Unit.Path))} rested");
    }

    private void Rollback(string reason)
    {
        Counting(CostKind.Other);
        guard.Rollback();
        guard.Pending.Clear();
        // What was collected since belongs to weights that are gone.
        foreach (UnitState unit in units) unit.Forget();
        Log(new DecisionEntry(optimizer.StepCount, -1, "(all)", FreezeAction.Rollback, "guard", reason, optimizer.LearningRate, double.NaN, null) { RestoredStep = guard.Step });
        Counting(CostKind.Forward);
    }

    private void Thaw(IEnumerable<UnitState> which, string trigger, string reason)
    {
        foreach (UnitState unit in which)
        {
            if (unit.Unit.IsFrozen) Apply(unit, new UnitDecision(false, reason), trigger, double.NaN);
        }
    }

    /// <summary>Makes the recorded decisions of this step.</summary>
    private void Repeat(bool atMeasurement)
    {
        int step = optimizer.StepCount;
        while (replay!.Next(step, atMeasurement) is { } entry)
        {
            switch (entry.Action)
            {
                case FreezeAction.Stop:
                    ShouldStop = true;
                    Log(entry);
                    break;
                case FreezeAction.Rollback:
                    if (!guard.HasTaken(entry.RestoredStep!.Value)) throw new ArgumentException($"Replay: the rollback at step {step} returns to step {entry.RestoredStep}, whose weights were not kept: a replay cannot be resumed between a freeze and its rollback.");
                    Rollback(entry.Reason);
                    break;
                default:
                    if (entry.Action == FreezeAction.Freeze && replay.IsRestoredLater(step) && !guard.HasTaken(step)) guard.Take();
                    UnitState unit = units[entry.Unit];
                    bool frozen = entry.Action == FreezeAction.Adjust ? unit.Unit.IsFrozen : entry.Action == FreezeAction.Freeze;
                    Apply(unit, new UnitDecision(frozen, entry.Reason, entry.RateScale, entry.StateAction, entry.UpdateMasks), entry.Trigger, entry.Score);
                    break;
            }
        }
    }
}
