using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What full steps of units cost, as <see cref="BudgetPlanner"/> wants it: for each unit, from the output.</summary>
/// <param name="Forward">The forward pass, which is always paid.</param>
/// <param name="Passing">Passing the gradient through.</param>
/// <param name="Training">Weight gradient and update.</param>
internal sealed record UnitCosts(double[] Forward, double[] Passing, double[] Training)
{
    /// <summary>A full step.</summary>
    public double Full { get; } = Forward.Sum() + Passing.Sum() + Training.Sum();

    /// <summary>The forward pass of all units.</summary>
    public double AllForward { get; } = Forward.Sum();

    /// <summary>What a unit that is the deepest to train passes on within itself: all but the first of its layers, taken as alike.</summary>
    /// <param name="place">Its place, from the output.</param>
    /// <param name="unit">The unit.</param>
    public double Within(int place, UnitView unit)
    {
        int layers = unit.Shapes.Count(shape => shape.Rank > 1);
        return layers < 2 ? 0 : Passing[place] * (layers - 1) / layers;
    }

    /// <summary>From what each unit's kinds cost.</summary>
    /// <param name="units">From the output.</param>
    /// <param name="costOf">In the measure that is planned in.</param>
    public static UnitCosts Of(UnitView[] units, Func<UnitView, CostKind, double> costOf) => new(
        [.. units.Select(unit => costOf(unit, CostKind.Forward))], [.. units.Select(unit => costOf(unit, CostKind.InputGradient))],
        [.. units.Select(unit => costOf(unit, CostKind.WeightGradient) + costOf(unit, CostKind.Optimizer))]);

    /// <summary>Operations, or bytes where no unit has operations.</summary>
    public static UnitCosts Operations(UnitView[] units)
    {
        UnitCosts operations = Of(units, (unit, kind) => unit.StepCost(kind).Flops);
        return operations.Full > 0 ? operations : Of(units, (unit, kind) => unit.StepCost(kind).Bytes);
    }

    /// <summary>The least that a backward pass can cost: the heads', or without one that of the unit for which it is least.</summary>
    public double LeastBackward(bool[] heads) => heads.Contains(true)
        ? Passing[..(Array.LastIndexOf(heads, true) + 1)].Sum() + Training.Where((_, i) => heads[i]).Sum()
        : Training.Select((cost, i) => cost + Passing[..(i + 1)].Sum()).Min();

    /// <summary>Scores as importances: a high one says that a unit still learns, and one that has none is as important as the most important one, so that every unit is looked at.</summary>
    public static double[] Importances(UnitView[] units)
    {
        double[] known = [.. units.Where(unit => !unit.IsHead && double.IsFinite(unit.Score)).Select(unit => unit.Score)];
        double most = known.Length > 0 && known.Max() > 0 ? known.Max() : 1;
        return [.. units.Select(unit => unit.IsHead ? 0 : double.IsFinite(unit.Score) ? unit.Score : most)];
    }
}
