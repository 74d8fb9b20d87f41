using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Costs by unit and kind as a part of a saved state.</summary>
internal static class LedgerState
{
    private const int Numbers = 3;      // launches, operations, bytes; seconds are apart, being no integers

    public static void Save(StepCost costs, StateTree state)
    {
        Cost[] all = [.. All(costs)];
        state.Set("counts", [.. all.SelectMany(cost => new[] { cost.Launches, cost.Flops, cost.Bytes })]);
        state.Set("seconds", [.. all.Select(cost => cost.BoundSeconds)]);
        state.Set("kept", costs.Kept);
        state.Set("shared", costs.Shared);
    }

    public static StepCost Read(StateTree state, int units)
    {
        var costs = new StepCost(units);
        int count = units * StepCost.Kinds.Length;
        long[] counts = state.Integers("counts", Numbers * count), kept = state.Integers("kept", units), shared = state.Integers("shared", units);
        double[] seconds = state.Reals("seconds", count);
        for (int i = 0; i < count; i++) costs[i / StepCost.Kinds.Length, i % StepCost.Kinds.Length] = new Cost(counts[Numbers * i], counts[(Numbers * i) + 1], counts[(Numbers * i) + 2], seconds[i]);
        kept.CopyTo(costs.Kept, 0);
        shared.CopyTo(costs.Shared, 0);
        return costs;
    }

    private static IEnumerable<Cost> All(StepCost costs)
    {
        for (int unit = 0; unit < costs.Kept.Length; unit++)
        {
            foreach (CostKind kind in StepCost.Kinds) yield return costs[unit, (int)kind];
        }
    }
}
