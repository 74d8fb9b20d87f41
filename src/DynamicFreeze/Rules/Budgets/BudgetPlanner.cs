namespace ResearchFreeze.DynamicFreeze;

/// <summary>Which units train under a budget.</summary>
/// <param name="Trained">For each unit, from the output.</param>
/// <param name="Importance">The sum of their importances.</param>
/// <param name="Cost">The cost of their backward pass; never above the limit.</param>
/// <param name="IsExact">Whether no set within the limit is more important. False only where more than <see cref="BudgetPlanner.MostStates"/> sets had to be compared.</param>
public sealed record BudgetPlan(IReadOnlyList<bool> Trained, double Importance, double Cost, bool IsExact);

/// <summary>
/// Chooses the most important set of units whose backward pass fits a limit. A set costs the weight gradients of its units and the input gradients of every unit down to its deepest one, that one's
/// own included, as GreenTrainer (2024) and ElasticTrainer (2023) count it. Their dynamic program misses the best set in about every sixth instance; this one does not.
/// </summary>
/// <remarks>
/// For each deepest unit d the rest is a knapsack over the units nearer the output, with the limit less the input gradients down to d and d's own weight gradient. The knapsack's table holds the Pareto
/// optimal sets (none cheaper is as important) by their true costs instead of costs rounded to a grid, so it is exact for any numbers. They are at most as many as there are different costs; with uniform
/// random costs and importances some 800 for 100 units, 6000 for 300 and 15000 for 500.
/// </remarks>
public static class BudgetPlanner
{
    /// <summary>Sets held at most. Beyond it only the most important one of each of half as many equal ranges of cost is kept, which no longer is exact and is never above the limit.</summary>
    public const int MostStates = 1 << 16;

    /// <summary>The best set; null where even the units that must train do not fit.</summary>
    /// <param name="importance">For each unit from the output: any finite number.</param>
    /// <param name="inputGradientCost">For each unit from the output: what passing the gradient through it costs.</param>
    /// <param name="weightGradientCost">For each unit from the output: what training it costs beside that.</param>
    /// <param name="limit">What the set may cost, in the same unit as the costs.</param>
    /// <param name="forced">For each unit whether it must train; empty: none must.</param>
    /// <param name="atLeastOne">Whether some unit must train, whichever.</param>
    /// <exception cref="ArgumentException">The lists differ in length, a number is not finite, or a cost is negative.</exception>
    public static BudgetPlan? Best(
        ReadOnlySpan<double> importance, ReadOnlySpan<double> inputGradientCost, ReadOnlySpan<double> weightGradientCost, double limit, ReadOnlySpan<bool> forced = default,
        bool atLeastOne = false) =>
        Best(importance, inputGradientCost, weightGradientCost, limit, forced, MostStates, atLeastOne);

    internal static BudgetPlan? Best(
        ReadOnlySpan<double> importance, ReadOnlySpan<double> inputGradientCost, ReadOnlySpan<double> weightGradientCost, double limit, ReadOnlySpan<bool> forced, int mostStates,
        bool atLeastOne = false)
    {
        int count = importance.Length;
        Check(importance, inputGradientCost, weightGradientCost, limit, forced);
        int deepestForced = forced.LastIndexOf(true);
        BudgetPlan? best = deepestForced < 0 && limit >= 0 && !atLeastOne ? new BudgetPlan(new bool[count], 0, 0, true) : null;
        var front = new List<Choice> { new(0, 0, null) };
        double passing = 0;
        bool isExact = true;
        for (int deepest = 0; deepest < count && front.Count > 0; deepest++)
        {
            passing += inputGradientCost[deepest];
            if (deepest >= deepestForced && LastWithin(front, passing + weightGradientCost[deepest], limit) is { } rest)
            {
                double found = rest.Importance + importance[deepest], cost = rest.Cost + (passing + weightGradientCost[deepest]);
                if (best is null || found > best.Importance || (found == best.Importance && cost < best.Cost))
                    best = new BudgetPlan(Mask(count, new Taken(deepest, rest.Taken)), found, cost, isExact);
            }
            front = Extended(front, deepest, importance[deepest], weightGradientCost[deepest], limit - passing, forced.Length > 0 && forced[deepest]);
            if (front.Count <= mostStates) continue;
            front = Thinned(front, limit, mostStates / 2);
            isExact = false;
        }
        return best is null ? null : best with { IsExact = isExact };
    }

    /// <summary>The most important choice that leaves room for more cost: the last one, since cost and importance rise together.</summary>
    private static Choice? LastWithin(List<Choice> front, double more, double limit)
    {
        int low = 0, high = front.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (front[middle].Cost + more <= limit) low = middle + 1;
            else high = middle;
        }
        return low == 0 ? null : front[low - 1];
    }

    /// <summary>All choices without the unit and with it, or only those with it, that are within the limit and that none as cheap outdoes; the cheapest first.</summary>
    private static List<Choice> Extended(List<Choice> front, int unit, double importance, double cost, double limit, bool isForced)
    {
        var merged = new List<Choice>(front.Count + 16);
        int without = isForced ? front.Count : 0, with = 0;
        while (without < front.Count || with < front.Count)
        {
            Choice? next = with < front.Count ? new Choice(front[with].Cost + cost, front[with].Importance + importance, null) : null;
            bool takesWithout = without < front.Count
                && (next is not { } other || front[without].Cost < other.Cost || (front[without].Cost == other.Cost && front[without].Importance >= other.Importance));
            Choice choice = takesWithout ? front[without++] : next!.Value with { Taken = new Taken(unit, front[with++].Taken) };
            if (choice.Cost > limit) break;
            if (merged.Count == 0 || choice.Importance > merged[^1].Importance) merged.Add(choice);
        }
        return merged;
    }

    /// <summary>The cheapest choice, and the most important one of each range of cost.</summary>
    private static List<Choice> Thinned(List<Choice> front, double limit, int ranges)
    {
        var kept = new List<Choice>(ranges + 2) { front[0] };
        for (int i = 1; i < front.Count; i++)
        {
            if (i == front.Count - 1 || Range(front[i]) != Range(front[i + 1])) kept.Add(front[i]);
        }
        return kept;

        long Range(Choice choice) => (long)(choice.Cost / limit * ranges);
    }

    private static bool[] Mask(int count, Taken? taken)
    {
        var mask = new bool[count];
        for (; taken is not null; taken = taken.Before) mask[taken.Unit] = true;
        return mask;
    }

    private static void Check(ReadOnlySpan<double> importance, ReadOnlySpan<double> inputGradientCost, ReadOnlySpan<double> weightGradientCost, double limit, ReadOnlySpan<bool> forced)
    {
        int count = importance.Length;
        if (inputGradientCost.Length != count || weightGradientCost.Length != count || (forced.Length != count && forced.Length != 0))
            throw new ArgumentException($"Budget: expected lists of one length, found {count} importances, {inputGradientCost.Length} and {weightGradientCost.Length} costs, {forced.Length} forced.");
        if (double.IsNaN(limit)) throw new ArgumentException("Budget: the limit must be a number, found NaN.");
        for (int i = 0; i < count; i++)
        {
            if (!double.IsFinite(importance[i])) throw new ArgumentException($"Budget: an importance must be finite, found {importance[i]} for unit {i} from the output.");
            double worst = Math.Min(inputGradientCost[i], weightGradientCost[i]);
            if (!(worst >= 0) || !double.IsFinite(inputGradientCost[i] + weightGradientCost[i]))
                throw new ArgumentException($"Budget: costs must be finite and not negative, found {inputGradientCost[i]} and {weightGradientCost[i]} for unit {i} from the output.");
        }
    }

    private readonly record struct Choice(double Cost, double Importance, Taken? Taken);

    private sealed record Taken(int Unit, Taken? Before);
}
