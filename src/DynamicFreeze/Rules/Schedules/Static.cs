namespace ResearchFreeze.DynamicFreeze;

/// <summary>Freezes the first units before the first step and leaves them: what a <c>trainable</c> flag set by hand does.</summary>
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
    public FreezeDecision Decide(CheckContext context, ref NoState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        int head = context.Units.First(unit => unit.IsHead).Index;
        if (count > head) throw new ArgumentException($"static: {count} units to freeze, but the model has {context.Units.Count} and the head, unit {head}, is never frozen.");
        var decision = new FreezeDecision(context);
        if (context.Step > 0) return decision;
        for (int i = 0; i < count; i++) decision.Freeze(i, $"the first {count} of {context.Units.Count} units are frozen from the start");
        return decision;
    }
}
