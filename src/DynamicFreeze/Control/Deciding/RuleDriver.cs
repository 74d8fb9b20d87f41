using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Decisions by the rule at checks, and by the triggers between them.</summary>
internal sealed class RuleDriver(Controlled controlled, Observer observer, Decider decider, Applier applier, Guard guard, IDecisionLog? log) : IDriver
{
    private readonly List<(UnitState Unit, string Reason)> refusals = [];

    private FreezeOptions Options => controlled.Options;

    public void AtStart() => Ask();

    public void AfterStep()
    {
        if (Triggers.RateDrop(controlled.Optimizer, Options.RateDrop) is { } reason) applier.Thaw(observer.Units, "rate-drop", reason);
        ThawOnTimer();
        if (controlled.Step >= decider.NextCheck) Check();
    }

    public void AtMeasurement(ValidationPoint point)
    {
        // What was measured on weights that are gone says nothing.
        ValidationPoint[] earlier = [.. decider.Validation.Where(other => !guard.IsDiscarded(other.Step))];
        if (guard.Objection(earlier, point, Options.GuardMargin) is { } objection) TakeBack(objection);
        // What the guard has dealt with is no regression of what it had confirmed before.
        else if (Triggers.Regression(earlier, point, Options.RegressionMargin) is { } reason) applier.Thaw(observer.Units, "regression", reason);
    }

    public void CheckSettings() => decider.Try(observer.Units);

    private void Check()
    {
        decider.BeginCheck();
        guard.Checks = decider.Checks;
        if (observer.Collect()) throw controlled.NonFinite();
        if (Options.ProbeEvery > 0 && decider.Checks % Options.ProbeEvery == 0) Probe();
        if (controlled.Step > Options.WarmUpSteps) Ask();
    }

    private void Ask()
    {
        foreach (UnitState unit in observer.Units) applier.NoticeHand(unit);
        using CostScope booking = controlled.Booking(CostKind.Statistics);
        CheckContext context = decider.Show(observer.Units);
        if (controlled.Step > 0) log?.Checked(context);
        refusals.Clear();
        FreezeDecision decision = decider.Decide(context, observer.Units, guard, refusals);
        // Before anything is changed or written.
        if (controlled.Communicator is { } ranks) DecisionAgreement.Check(ranks, context, decision);
        foreach ((UnitState unit, string reason) in refusals) applier.Log(applier.Entry(unit, FreezeAction.Refuse, "rule", reason, context.Units[unit.Unit.Index].Score));
        foreach (UnitState unit in observer.Units) applier.Apply(unit, decision.Units[unit.Unit.Index], "rule", context.Units[unit.Unit.Index].Score);
        applier.RatesDone();
        if (decider.Stops(decision)) applier.Log(applier.OfAll(FreezeAction.Stop, "rule", "the rule has nothing left to train"));
    }

    /// <summary>A unit whose debt is too large is thawed.</summary>
    private void Probe()
    {
        foreach ((UnitState unit, ProbeReading reading) in observer.Probe())
        {
            if (Options.ProbeDebt > 0 && reading.Debt > Options.ProbeDebt)
                applier.Thaw([unit], "probe", FormattableString.Invariant($"its gradient on the probe batch is {reading.GradientNorm:G3}, {reading.Debt:G3} times what it was at the freeze"));
        }
    }

    private void ThawOnTimer()
    {
        if (Options.ThawAfterSteps == 0) return;
        foreach (UnitState unit in observer.Units)
        {
            int frozen = controlled.Step - unit.FrozenAt;
            if (unit.IsFrozen && frozen >= Options.ThawAfterSteps) applier.Thaw([unit], "timer", $"it was frozen for {frozen} steps");
        }
    }

    private void TakeBack(string reason)
    {
        UnitState[] last = [.. guard.Pending.Select(index => observer.Units[index])];
        guard.HoldBack(Options.GuardChecks);
        applier.Thaw(last, "guard", reason);
        string words = $"back to the weights of step {guard.Step}, before {string.Join(", ", last.Select(unit => unit.Unit.Path))} {(last.Length == 1 ? "was" : "were")} frozen";
        applier.Rollback(guard);
        // What was collected since belongs to weights that are gone.
        observer.RolledBack();
        applier.Log(applier.OfAll(FreezeAction.Rollback, "guard", words) with { RestoredStep = guard.Step });
    }
}
