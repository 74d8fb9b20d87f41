namespace ResearchFreeze.DynamicFreeze;

/// <summary>A null model: an earlier run's freezes and thaws at their steps, each of another unit's in place of the recorded one's. Which stands in for which is drawn once, heads left out. A run that its rule ended ends here at the same step.</summary>
public sealed class ShuffledRule : IFreezeRule<ShuffledState>, IScheduleRule
{
    private readonly DecisionRecord record;
    private readonly DecisionEntry[] changes;
    private readonly int ends;

    /// <summary>A rule.</summary>
    /// <param name="record">The earlier run's decisions.</param>
    public ShuffledRule(DecisionRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        this.record = record;
        changes = [.. record.Entries.Where(entry => entry.Unit >= 0 && entry.Action is FreezeAction.Freeze or FreezeAction.Thaw)];
        ends = record.Entries.FirstOrDefault(entry => entry.Action == FreezeAction.Stop)?.Step ?? int.MaxValue;
    }

    /// <inheritdoc/>
    public string Name => "shuffled";

    /// <inheritdoc/>
    public string Settings => string.Join(' ', changes.Select(entry => $"{entry.Step}{(entry.Action == FreezeAction.Freeze ? '+' : '-')}{entry.Unit}").Concat(ends == int.MaxValue ? [] : [$"{ends}!"]));

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The recorded run had other units, or froze what is a head here.</exception>
    public FreezeDecision Decide(CheckContext context, ref ShuffledState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(state);
        if (state.Places.Length == 0) state.Places = Draw(context);
        var decision = new FreezeDecision(context);
        for (; state.Done < changes.Length && changes[state.Done].Step <= context.Step; state.Done++)
        {
            DecisionEntry entry = changes[state.Done];
            int unit = state.Places[entry.Unit];
            if (entry.Action == FreezeAction.Freeze) decision.Freeze(unit, $"in place of '{entry.Path}', which was frozen at step {entry.Step}");
            else decision.Thaw(unit, $"in place of '{entry.Path}', which was thawed at step {entry.Step}");
        }
        decision.Stop = context.Step >= ends;
        decision.NextCheck = Math.Min(state.Done < changes.Length ? changes[state.Done].Step : Math.Max(context.Step, context.RunSteps) + 1, decision.Stop ? int.MaxValue : ends);
        return decision;
    }

    private int[] Draw(CheckContext context)
    {
        if (record.Units.Count != context.Units.Count) throw new ArgumentException($"shuffled: the recorded run has {record.Units.Count} units, the model {context.Units.Count}.");
        if (changes.FirstOrDefault(entry => context.Units[entry.Unit].IsHead) is { } head) throw new ArgumentException($"shuffled: the recorded run changes '{head.Path}', which is a head here.");
        int[] places = [.. Enumerable.Range(0, context.Units.Count)], others = [.. context.Units.Where(unit => !unit.IsHead).Select(unit => unit.Index)];
        for (int i = 0; i < others.Length; i++)
        {
            int other = i + context.Random.NextInt32(others.Length - i);
            (places[others[i]], places[others[other]]) = (places[others[other]], places[others[i]]);
        }
        return places;
    }
}
