namespace ResearchFreeze.DynamicFreeze;

/// <summary>Freezes the first units, heads left out, before the first step and leaves them: what a <c>trainable</c> flag set by hand does.</summary>
public sealed class Static : IFreezeRule<NoState>, IScheduleRule
{
    private readonly int count;

    /// <summary>Freezes this many units from the input on.</summary>
    public Static(int units)
    {
        if (units < 0) throw new ArgumentOutOfRangeException(nameof(units), $"static: the number of units must be 0 or more, found {units}.");
        count = units;
    }

    /// <inheritdoc/>
    public string Name => "static";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"{count}");

    /// <inheritdoc/>
    public FreezeDecision Decide(CheckContext context, ref NoState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        UnitView[] others = [.. context.Units.Where(unit => !unit.IsHead)];
        UnitView? head = context.Units.FirstOrDefault(unit => unit.IsHead);
        if (count > (head is null ? others.Length - 1 : others.Length))
            throw new ArgumentException($"static: {count} units to freeze, but the model has {context.Units.Count} and {(head is null ? "one must train" : $"the head, unit {head.Index}, is never frozen")}.");
        var decision = new FreezeDecision(context);
        if (context.Step > 0) return decision;
        foreach (UnitView unit in others[..count]) decision.Freeze(unit.Index, $"the first {count} of {context.Units.Count} units are frozen from the start");
        return decision;
    }
}
