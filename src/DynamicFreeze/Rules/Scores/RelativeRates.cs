namespace ResearchFreeze.DynamicFreeze;

/// <summary>Auto-RGN (Lee et al. 2023): at each check a unit's rate is multiplied with its score over the largest score of all, heads included. Freezes nothing. A unit without a score keeps its rate.</summary>
public sealed class RelativeRates : IFreezeRule<NoState>, IScheduleRule
{
    /// <inheritdoc/>
    public string Name => "relative-rates";

    /// <inheritdoc/>
    public bool FreezesNothing => true;

    /// <inheritdoc/>
    public FreezeDecision Decide(CheckContext context, ref NoState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        var decision = new FreezeDecision(context);
        double largest = context.Units.Where(unit => double.IsFinite(unit.Score)).Select(unit => unit.Score).DefaultIfEmpty(0).Max();
        if (!(largest > 0)) return decision;
        foreach (UnitView unit in context.Units)
        {
            if (double.IsFinite(unit.Score) && unit.Score >= 0) decision.Scale(unit.Index, unit.Score / largest, FormattableString.Invariant($"{unit.Explanation} of at most {largest:G3}"));
        }
        return decision;
    }
}
