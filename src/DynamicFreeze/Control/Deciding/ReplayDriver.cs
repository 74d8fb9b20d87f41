namespace ResearchFreeze.DynamicFreeze;

/// <summary>A recorded run's decisions, made again at their steps.</summary>
internal sealed class ReplayDriver(Controlled controlled, Replay replay, Observer observer, Decider decider, Applier applier, Guard guard) : IDriver
{
    public void AtStart() => Repeat(atMeasurement: false);

    public void AfterStep()
    {
        Repeat(atMeasurement: false);
        if (controlled.Step < decider.NextCheck) return;
        decider.BeginCheck();
        if (observer.Collect()) throw controlled.NonFinite();
    }

    public void AtMeasurement(ValidationPoint point) => Repeat(atMeasurement: true);

    public void CheckSettings() => replay.Check(controlled.Units);

    private void Repeat(bool atMeasurement)
    {
        int step = controlled.Step;
        while (replay.Next(step, atMeasurement) is { } entry)
        {
            switch (entry.Action)
            {
                case FreezeAction.Stop:
                    decider.Stop();
                    applier.Log(entry);
                    break;
                // Of a fork: what the run did is not done.
                case FreezeAction.Refuse:
                    applier.Log(applier.Entry(observer.Units[entry.Unit], FreezeAction.Refuse, entry.Trigger, entry.Reason, entry.Score));
                    break;
                case FreezeAction.Rollback:
                    if (!guard.HasTaken(entry.RestoredStep!.Value)) throw new ArgumentException($"Replay: the rollback at step {step} returns to step {entry.RestoredStep}, whose weights were not kept.");
                    applier.Rollback(guard);
                    observer.RolledBack();
                    applier.Log(applier.OfAll(FreezeAction.Rollback, "guard", entry.Reason) with { RestoredStep = entry.RestoredStep });
                    break;
                default:
                    if (entry.Action == FreezeAction.Freeze && replay.IsRestoredLater(step) && !guard.HasTaken(step)) guard.Take();
                    UnitState unit = observer.Units[entry.Unit];
                    bool frozen = entry.Action == FreezeAction.Adjust ? unit.Unit.IsFrozen : entry.Action == FreezeAction.Freeze;
                    applier.Apply(unit, new UnitDecision(frozen, entry.Reason, entry.RateScale, entry.StateAction, entry.UpdateMasks, entry.CutRate, entry.Price), entry.Trigger, entry.Score);
                    break;
            }
        }
        applier.RatesDone();
    }
}
