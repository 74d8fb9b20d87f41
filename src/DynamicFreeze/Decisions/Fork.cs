namespace ResearchFreeze.DynamicFreeze;

/// <summary>One decision of a recorded run that is made differently: all others are repeated as they were.</summary>
public sealed record Fork
{
    private Fork(int step, string? keeps, string? freezes, int prefix)
    {
        if (step < 0) throw new ArgumentOutOfRangeException(nameof(step), $"Fork: the step must be 0 or more, found {step}.");
        (Step, Keeps, Freezes, Prefix) = (step, keeps, freezes, prefix);
    }

    /// <summary>Steps taken when the decision is made; it takes effect in the next one.</summary>
    public int Step { get; }

    /// <summary>The path of the unit that is not frozen from that step on, whatever the run does; null: none is kept.</summary>
    public string? Keeps { get; }

    /// <summary>The path of the unit that is frozen at that step, if it trains then; null: none is by its path.</summary>
    public string? Freezes { get; }

    /// <summary>How many units from the input are frozen at that step, those that train then; 0: none are.</summary>
    public int Prefix { get; }

    /// <summary>A unit that the run freezes at the step or later trains to the end: none of its freezes from the step on happens, nor what was done to it while it was frozen.</summary>
    public static Fork Keep(int step, string unit) => new(step, Named(unit), null, 0);

    /// <summary>A unit that trains is frozen at the step. What the run does to it later happens too: a thaw of it, say.</summary>
    public static Fork Freeze(int step, string unit) => new(step, null, Named(unit), 0);

    /// <summary>The first units from the input are frozen at the step, as by <see cref="Freeze"/>.</summary>
    public static Fork FreezePrefix(int step, int units) =>
        new(step, null, null, units >= 1 ? units : throw new ArgumentOutOfRangeException(nameof(units), $"Fork: a prefix has at least 1 unit, found {units}."));

    /// <summary>As it is written in settings: <c>step=120,freeze=stem</c>, <c>step=120,keep=stem</c>, <c>step=120,prefix=2</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"step={Step},{(Keeps is not null ? $"keep={Keeps}" : Freezes is not null ? $"freeze={Freezes}" : $"prefix={Prefix}")}");

    private static string Named(string unit)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(unit);
        return unit;
    }
}
