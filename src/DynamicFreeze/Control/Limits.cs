namespace ResearchFreeze.DynamicFreeze;

/// <summary>The caps on what a check may freeze, used up from the input on.</summary>
internal sealed class Limits(FreezeOptions options, int units, int frozen, FreezeDecision decision)
{
    private readonly int most = (int)Math.Floor(options.MostFrozen * units);

    // Units that the rule thaws at this check make room.
    private int frozen = frozen - decision.Thawed;
    private int added;

    /// <summary>Takes one more freeze, or says why there is no room for it.</summary>
    public string? Objection()
    {
        if (frozen >= most) return FormattableString.Invariant($"at most {most} of {units} units may rest");
        if (added >= options.MostAtOnce) return $"at most {options.MostAtOnce} freezes at one check";
        frozen++;
        added++;
        return null;
    }
}
