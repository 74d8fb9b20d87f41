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
        entries = [.. record.Entries.Where(entry => entry.Action != FreezeAction.Refuse)];
        foreach (DecisionEntry entry in entries.Where(entry => entry.RestoredStep is not null))
        {
            if (!entries.Any(freeze => freeze.Action == FreezeAction.Freeze && freeze.Step == entry.RestoredStep))
                throw new ArgumentException($"Replay: the rollback at step {entry.Step} returns to step {entry.RestoredStep}, but no freeze is recorded there.");
        }
        restored = [.. entries.Where(entry => entry.RestoredStep is not null).Select(entry => entry.RestoredStep!.Value)];
    }

    /// <summary>Whether a later rollback returns to this step.</summary>
    public bool IsRestoredLater(int step) => restored.Contains(step);

    /// <summary>The next entry of a step that is made there: after the optimizer's step, or after a measurement on validation data.</summary>
    public DecisionEntry? Next(int step, bool atMeasurement)
    {
        if (next >= entries.Length || entries[next].Step > step) return null;
        DecisionEntry entry = entries[next];
        if ((entry.Trigger is "regression" or "guard") != atMeasurement && entry.Step == step) return null;
        next++;
        return entry;
    }

    public void Save(Layers.StateTree state) => state.Set("replayed", next);

    public void Load(Layers.StateTree state) => next = (int)state.Integer("replayed");
}
