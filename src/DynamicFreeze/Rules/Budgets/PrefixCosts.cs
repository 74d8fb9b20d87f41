namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// What steps cost under a plan, the forward pass included. With a forward cache the units in front of the deepest one that trains cost their forward pass until all samples have been seen, which is an epoch. So each unit that trains, or
/// passes a gradient on, costs its forward pass beyond what it would cost in the prefix: the planner's problem stays the same.
/// </summary>
/// <param name="costs">From the output.</param>
/// <param name="units">From the output.</param>
/// <param name="epoch">Steps that fill the cache; 0: there is none.</param>
/// <param name="kept">Steps since what was kept was last lost.</param>
internal sealed class PrefixCosts(UnitCosts costs, UnitView[] units, int epoch, int kept)
{
    // Units nearer the output than the frozen prefix.
    private readonly int behind = units.ToList().FindLastIndex(unit => !unit.IsFrozen) + 1;

    /// <summary>The most important set within a step's limit; null: not even what must train fits.</summary>
    /// <param name="importance">From the output.</param>
    /// <param name="heads">Must train.</param>
    /// <param name="limit">Of a step on average, in the costs' measure.</param>
    /// <param name="steps">Steps for which the set is chosen.</param>
    public BudgetPlan? Best(double[] importance, bool[] heads, double limit, int steps)
    {
        BudgetPlan? kept = epoch == 0 || behind == units.Length || heads.AsSpan(behind).Contains(true) ? null : Planned(importance, heads, limit, steps, behind);
        BudgetPlan? any = Planned(importance, heads, limit, steps, units.Length);
        return kept is not null && (any is null || kept.Importance >= any.Importance) ? kept : any;
    }

    /// <summary>What must train, and nothing else.</summary>
    public BudgetPlan Least(bool[] heads, int steps) => Planned([.. heads.Select(head => head ? 0.0 : -1)], heads, double.MaxValue, steps, units.Length)!;

    /// <summary>What the least costs, as a part of a full step.</summary>
    public double OfLeast(bool[] heads, int steps) => OfPlan(Least(heads, steps), steps);

    /// <summary>What a step of a set costs on average over so many, as a part of a full one.</summary>
    public double OfPlan(BudgetPlan plan, int steps)
    {
        int deepest = plan.Trained.ToList().LastIndexOf(true);
        bool keeps = deepest < behind;
        double sum = 0;
        for (int i = 0; i < units.Length; i++)
        {
            sum += i > deepest ? InPrefix(i, steps, keeps) : costs.Forward[i];
            if (i <= deepest) sum += i == deepest ? costs.Within(i, units[i]) : costs.Passing[i];
            if (plan.Trained[i]) sum += costs.Training[i];
        }
        return sum / costs.Full;
    }

    private BudgetPlan? Planned(double[] importance, bool[] heads, double limit, int steps, int count)
    {
        bool keeps = count < units.Length;
        double always = Enumerable.Range(0, units.Length).Sum(i => InPrefix(i, steps, keeps));
        double[] passing = [.. Enumerable.Range(0, count).Select(i => costs.Within(i, units[i]) + (i > 0 ? costs.Passing[i - 1] - costs.Within(i - 1, units[i - 1]) : 0) + costs.Forward[i] - InPrefix(i, steps, keeps))];
        BudgetPlan? plan = BudgetPlanner.Best(importance.AsSpan(0, count), passing, costs.Training.AsSpan(0, count), limit - always, heads.AsSpan(0, count), atLeastOne: true);
        return plan is null ? null : plan with { Trained = [.. plan.Trained, .. Enumerable.Repeat(false, units.Length - count)] };
    }

    /// <summary>The forward pass of a unit in the frozen prefix, on average.</summary>
    private double InPrefix(int unit, int steps, bool keeps)
    {
        if (epoch == 0) return costs.Forward[unit];
        int seen = keeps && unit >= behind ? Math.Min(units[unit].FrozenFor, kept) : 0;
        return costs.Forward[unit] * Math.Clamp((epoch - seen) / (double)steps, 0, 1);
    }
}
