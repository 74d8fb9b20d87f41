using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Hands out a recorded run's decisions at their steps.</summary>
internal sealed class Replay
{
    /// <summary>In a saved state in place of how many decisions were made: the step until which they were, of a run that another goes on with.</summary>
    internal const string Until = "until";

    private readonly DecisionRecord record;
    private readonly DecisionEntry[] entries;
    private readonly HashSet<int> restored;
    private int next;

    public Replay(DecisionRecord record, IReadOnlyList<FreezeUnit> units)
    {
        this.record = record;
        string recorded = string.Join(", ", record.Units), here = string.Join(", ", units.Select(unit => unit.Path));
        if (recorded != here) throw new ArgumentException($"Replay: the recorded run has units {recorded}; this model, divided by the same, has {here}.");
        entries = [.. WithRates([.. record.Entries.Where(entry => IsRepeated(entry) || record.Inserted.Contains(entry))], record.Rates, units)];
        restored = [.. entries.Where(entry => entry.RestoredStep is not null).Select(entry => entry.RestoredStep!.Value)];
        Check(units);
    }

    /// <summary>Whether a later rollback returns to this step.</summary>
    public bool IsRestoredLater(int step) => restored.Contains(step);

    /// <summary>Finds out whether every decision can be repeated here. What does not depend on the model was checked as the log was read.</summary>
    /// <exception cref="ArgumentException">One cannot; the message has the log's line.</exception>
    public void Check(IReadOnlyList<FreezeUnit> units)
    {
        bool[] frozen = [.. units.Select(unit => unit.IsFrozen)];
        for (int i = 0; i < record.Entries.Count; i++)
        {
            DecisionEntry entry = record.Entries[i];
            if (entry.Unit >= 0 && IsRepeated(entry)) frozen[entry.Unit] = Checked(i, entry, units[entry.Unit], frozen[entry.Unit]);
            bool isLastOfStep = i + 1 == record.Entries.Count || record.Entries[i + 1].Step > entry.Step;
            if (isLastOfStep && Array.TrueForAll(frozen, unit => unit)) throw record.Wrong(i, "every unit would be frozen, and nothing left to train");
        }
    }

    /// <summary>The next entry of a step that is made there: after the optimizer's step, or after a measurement on validation data.</summary>
    public DecisionEntry? Next(int step, bool atMeasurement)
    {
        if (next >= entries.Length || entries[next].Step > step) return null;
        DecisionEntry entry = entries[next];
        if (entry.IsOfMeasurement != atMeasurement && entry.Step == step) return null;
        next++;
        return entry;
    }

    public void Save(StateTree state) => state.Set("replayed", next);

    public Action Read(StateTree state)
    {
        if (!state.Contains(Until))
        {
            int made = state.Int32("replayed", 0, entries.Length);
            return () => next = made;
        }
        int until = state.Int32(Until);
        int first = Array.FindIndex(entries, entry => entry.Step > until || (entry.Step == until && entry.IsOfMeasurement) || record.Inserted.Contains(entry));
        if (first >= 0 && entries[first].Step < until) throw state.Bad(Until, $"is {until}, and the fork differs from step {entries[first].Step} on");
        return () => next = first < 0 ? entries.Length : first;
    }

    /// <summary>Whether a unit is frozen after an entry, which must be possible.</summary>
    private bool Checked(int index, DecisionEntry entry, FreezeUnit unit, bool isFrozen)
    {
        if (entry.Action == FreezeAction.Freeze && unit.IsHead) throw record.Wrong(index, $"freezes the head '{entry.Path}', which is never frozen");
        bool becomes = entry.Action == FreezeAction.Adjust ? isFrozen : entry.Action == FreezeAction.Freeze;
        try
        {
            Applier.Check(unit, new UnitDecision(becomes, entry.Reason, entry.RateScale, entry.StateAction, entry.UpdateMasks, entry.CutRate));
        }
        catch (ArgumentException exception)
        {
            throw record.Wrong(index, exception.Message.TrimEnd('.'));
        }
        return becomes;
    }

    /// <summary>The entries, and the rates that moved on at their places between them: an answer of the rule is carried out unit by unit, and what a freeze remembers for a rollback has the rates of that moment.</summary>
    private static IEnumerable<DecisionEntry> WithRates(DecisionEntry[] entries, IReadOnlyList<RecordedRates> rates, IReadOnlyList<FreezeUnit> units)
    {
        int at = 0;
        foreach ((int step, UnitRate rate) in rates.SelectMany(recorded => recorded.Rates.Select(rate => (recorded.Step, rate))))
        {
            while (at < entries.Length && (entries[at].Step < step || (entries[at].Step == step && IsBefore(entries[at], rate.Unit)))) yield return entries[at++];
            yield return new DecisionEntry(step, rate.Unit, units[rate.Unit].Path, FreezeAction.Adjust, "rule", null, float.NaN, double.NaN, null) { RateScale = rate.Scale };
        }
        for (; at < entries.Length; at++) yield return entries[at];

        static bool IsBefore(DecisionEntry entry, int unit) => !entry.IsOfMeasurement && (entry.Trigger != "rule" || (entry.Unit >= 0 && entry.Unit <= unit));
    }

    /// <summary>What was refused did not happen, and what was done by hand is the hand's to repeat.</summary>
    private static bool IsRepeated(DecisionEntry entry) => entry.Action is not (FreezeAction.Refuse or FreezeAction.Pin or FreezeAction.Unpin);
}
