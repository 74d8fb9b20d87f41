namespace ResearchFreeze.DynamicFreeze;

// One decision made differently.
public sealed partial class DecisionRecord
{
    /// <summary>The trigger of what a fork does differently.</summary>
    internal const string ForkTrigger = "fork";

    private readonly List<DecisionEntry> inserted = [];

    /// <summary>What the fork does, among <see cref="Entries"/>; empty: this record is no fork's, or the fork does what the run did.</summary>
    internal IReadOnlyList<DecisionEntry> Inserted => inserted;

    /// <summary>The same decisions but for one.</summary>
    /// <exception cref="ArgumentException">There is no such unit, the fork would change nothing that comes after its step, or a rollback of the run returns to a freeze that does not happen.</exception>
    public DecisionRecord Forked(Fork fork)
    {
        ArgumentNullException.ThrowIfNull(fork);
        var forked = new DecisionRecord(path, head);
        forked.rates.AddRange(rates);
        forked.checks.AddRange(checks);
        if (fork.Keeps is { } kept) forked.Keep(this, fork.Step, IndexOf(kept));
        else forked.Freeze(this, fork.Step, fork.Freezes is { } one ? [IndexOf(one)] : Prefix(fork.Prefix));
        try
        {
            forked.CheckRollbacks();
        }
        catch (FormatException exception)
        {
            throw new ArgumentException($"Fork {fork}: {exception.Message.TrimEnd('.')}, and without the freeze that one of them took back it cannot be repeated.", exception);
        }
        return forked;
    }

    /// <summary>The step from which on a fork differs from the run: that of the first decision which it leaves out or adds; null: from none.</summary>
    public int? DiffersFrom(Fork fork)
    {
        DecisionRecord forked = Forked(fork);
        int same = entries.Zip(forked.entries).TakeWhile(pair => ReferenceEquals(pair.First, pair.Second)).Count();
        return same < forked.entries.Count ? forked.entries[same].Step : same < entries.Count ? entries[same].Step : null;
    }

    private int IndexOf(string unit)
    {
        int index = Units.ToList().IndexOf(unit);
        return index >= 0 ? index : throw new ArgumentException($"Fork: there is no unit '{unit}'; the run has {string.Join(", ", Units)}.");
    }

    private int[] Prefix(int count) =>
        count < Units.Count ? [.. Enumerable.Range(0, count)] : throw new ArgumentException($"Fork: a prefix of {count} units is all of the run's {Units.Count}, and nothing would be left to train.");

    /// <summary>Since when a unit is frozen after the entries before one; null: it trains.</summary>
    private int? FrozenSince(int unit, int end) =>
        entries.Take(end).LastOrDefault(entry => entry.Unit == unit && entry.Action is FreezeAction.Freeze or FreezeAction.Thaw) is { Action: FreezeAction.Freeze } freeze ? freeze.Step : null;

    private void Keep(DecisionRecord run, int step, int unit)
    {
        int first = run.entries.FindIndex(entry => entry.Step >= step);
        if (first < 0) first = run.entries.Count;
        if (run.FrozenSince(unit, first) is { } since) throw new ArgumentException($"Fork: '{Units[unit]}' is frozen at step {step}, since step {since}: to keep it in training, give a step of {since} or less.");
        if (!run.entries.Skip(first).Any(entry => entry.Unit == unit && entry.Action == FreezeAction.Freeze)) throw new ArgumentException($"Fork: the run never freezes '{Units[unit]}' at step {step} or later, so that keeping it in training changes nothing.");
        for (int i = 0; i < run.entries.Count; i++)
        {
            DecisionEntry entry = run.entries[i];
            if (i < first || entry.Unit != unit) Add(entry, run.lines[i]);
            else if (entry.Action == FreezeAction.Freeze) Insert(entry with { Action = FreezeAction.Refuse, Trigger = ForkTrigger, Reason = "the run froze it here", RateScale = null, StateAction = null, UpdateMasks = null, CutRate = null, Price = null, Observation = null }, run.lines[i]);
            // A rate or a mask that comes with a thaw holds; what was done to its optimizer's state while it was frozen does not happen.
            else if (entry.Action is FreezeAction.Thaw or FreezeAction.Adjust)
            {
                if ((entry.RateScale ?? entry.CutRate ?? (object?)entry.UpdateMasks) is not null) Add(entry with { Action = FreezeAction.Adjust, StateAction = null }, run.lines[i]);
            }
            else Add(entry, run.lines[i]);
        }
    }

    private void Freeze(DecisionRecord run, int step, int[] units)
    {
        // Behind what was decided at the step, and before what a measurement there has led to.
        int at = run.entries.FindIndex(entry => entry.Step > step || (entry.Step == step && entry.IsOfMeasurement));
        if (at < 0) at = run.entries.Count;
        int[] left = [.. units.Where(unit => run.FrozenSince(unit, at) is null)];
        if (left.Length == 0 && Array.TrueForAll(units, unit => run.FrozenSince(unit, at) < step))
            throw new ArgumentException($"Fork: {string.Join(", ", units.Select(unit => $"'{Units[unit]}' is frozen at step {step} already, since step {run.FrozenSince(unit, at)}"))}: freezing it there changes nothing.");
        for (int i = 0; i < at; i++) Add(run.entries[i], run.lines[i]);
        int line = at == 0 ? 1 : run.lines[at - 1];
        foreach (int unit in left) Insert(new DecisionEntry(step, unit, Units[unit], FreezeAction.Freeze, ForkTrigger, "the fork freezes it here", float.NaN, double.NaN, null), line);
        for (int i = at; i < run.entries.Count; i++) Add(run.entries[i], run.lines[i]);
    }

    private void Add(DecisionEntry entry, int line)
    {
        entries.Add(entry);
        lines.Add(line);
    }

    private void Insert(DecisionEntry entry, int line)
    {
        inserted.Add(entry);
        Add(entry, line);
    }
}
