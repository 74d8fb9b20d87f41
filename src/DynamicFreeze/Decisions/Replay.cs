using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Hands out a recorded run's decisions at their steps.</summary>
internal sealed class Replay
{
    private readonly DecisionEntry[] entries;
    private readonly HashSet<int> restored;
    private int next;

    public Replay(DecisionRecord record, IReadOnlyList<FreezeUnit> units)
    {
        string recorded = string.Join(", ", record.Units), here = string.Join(", ", units.Select(unit => unit.Path));
        if (recorded != here) throw new ArgumentException($"Replay: the recorded run has units {recorded}; this model, divided by the same, has {here}.");
        // What was refused did not happen, and what was done by hand is the hand's to repeat.
        entries = [.. record.Entries.Where(entry => entry.Action is not (FreezeAction.Refuse or FreezeAction.Pin or FreezeAction.Unpin))];
        restored = [.. entries.Where(entry => entry.RestoredStep is not null).Select(entry => entry.RestoredStep!.Value)];
        Check(units);
    }

    /// <summary>Whether a later rollback returns to this step.</summary>
    public bool IsRestoredLater(int step) => restored.Contains(step);

    /// <summary>Finds out whether every decision can be repeated.</summary>
    /// <exception cref="ArgumentException">One cannot.</exception>
    public void Check(IReadOnlyList<FreezeUnit> units)
    {
        bool[] frozen = [.. units.Select(unit => unit.IsFrozen)];
        int taken = -1;
        for (int i = 0; i < entries.Length; i++)
        {
            DecisionEntry entry = entries[i];
            if (i > 0 && entry.Step < entries[i - 1].Step) throw new ArgumentException($"Replay: the {entry.Action.ToString().ToLowerInvariant()} at step {entry.Step} is recorded behind step {entries[i - 1].Step}.");
            if (entry.Unit >= 0)
            {
                Applier.Check(units[entry.Unit], new UnitDecision(frozen[entry.Unit], entry.Reason, entry.RateScale, entry.StateAction, entry.UpdateMasks));
                if (entry.Action == FreezeAction.Freeze && restored.Contains(entry.Step)) taken = entry.Step;
                if (entry.Action != FreezeAction.Adjust) frozen[entry.Unit] = entry.Action == FreezeAction.Freeze;
            }
            // A controller keeps one state to return to: that before the last freeze that a rollback names.
            if (entry.RestoredStep is { } back && back != taken) throw new ArgumentException($"Replay: the rollback at step {entry.Step} returns to step {back}, but no freeze is recorded there.");
            bool isLastOfStep = i + 1 == entries.Length || entries[i + 1].Step > entry.Step;
            if (isLastOfStep && Array.TrueForAll(frozen, unit => unit)) throw new ArgumentException($"Replay: from step {entry.Step} on every unit would be frozen, and nothing would be left to train.");
        }
    }

    /// <summary>The next entry of a step that is made there: after the optimizer's step, or after a measurement on validation data.</summary>
    public DecisionEntry? Next(int step, bool atMeasurement)
    {
        if (next >= entries.Length || entries[next].Step > step) return null;
        DecisionEntry entry = entries[next];
        if ((entry.Trigger is "regression" or "guard") != atMeasurement && entry.Step == step) return null;
        next++;
        return entry;
    }

    public void Save(StateTree state) => state.Set("replayed", next);

    public Action Read(StateTree state)
    {
        int made = state.Int32("replayed", 0, entries.Length);
        return () => next = made;
    }
}
