namespace ResearchFreeze.DynamicFreeze;

/// <summary>The caps on what a check may freeze, used up from the input on.</summary>
internal sealed class Limits(FreezeOptions options, UnitState[] units, FreezeDecision decision)
{
    private readonly int most = (int)Math.Floor(options.MostFrozen * units.Length);

    // Units that the rule thaws at this check make room.
    private int frozen = units.Count(unit => unit.Unit.IsFrozen && (decision.Units[unit.Unit.Index].Frozen || !unit.Unit.CanBecome(frozen: false)));
    private int added;

    /// <summary>Takes one more freeze, or says why there is no room for it.</summary>
    public string? Objection()
    {
        if (frozen + 1 >= units.Length) return "one unit must train";
        if (frozen >= most) return FormattableString.Invariant($"at most {most} of {units.Length} units may be frozen");
        if (added >= options.MostAtOnce) return $"at most {options.MostAtOnce} freezes at one check";
        frozen++;
        added++;
        return null;
    }
}
