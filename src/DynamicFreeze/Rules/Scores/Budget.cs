using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Keeps a step within a fraction of a full training step's cost, as GreenTrainer (2024) and ElasticTrainer (2023) do, with <see cref="BudgetPlanner"/>'s exact choice: a unit's importance is its
/// score, since a high one says that it still learns. A unit without a score counts as the most important, so every unit is looked at. Heads always train. Whatever a unit was, the next plan may train
/// or freeze it.
/// </summary>
/// <remarks>
/// The forward pass is always paid, so a fraction ρ of the full step leaves ρ · full − forward for the backward pass. Costs are the ledger's operations, or its bytes where no unit has operations; a unit's
/// weight gradient includes its update. The deepest trained unit's input gradient is charged in full although a part of it or all is not computed: a step never costs more than planned. Nothing is decided
/// before a full step's cost is known.
/// </remarks>
public sealed class Budget : IFreezeRule<CheckCount>
{
    private readonly double fraction;
    private readonly int every;

    /// <summary>A budget.</summary>
    /// <param name="fraction">What a step may cost of a full training step, in (0, 1].</param>
    /// <param name="every">Checks from one plan to the next; at least 1.</param>
    public Budget(double fraction = 0.5, int every = 1)
    {
        if (fraction is not (> 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(fraction), $"budget: rho must be in (0, 1], found {fraction}.");
        if (every < 1) throw new ArgumentOutOfRangeException(nameof(every), $"budget: checks from plan to plan must be at least 1, found {every}.");
        this.fraction = fraction;
        this.every = every;
    }

    /// <inheritdoc/>
    public string Name => "budget";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"fraction={fraction},every={every}");

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The budget does not even allow the heads to be trained, or without a head any unit.</exception>
    public FreezeDecision Decide(CheckContext context, ref CheckCount state)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(state);
        var decision = new FreezeDecision(context);
        // The planner begins at the output.
        UnitView[] units = [.. context.Units.Reverse()];
        Func<UnitView, CostKind, double> costOf = units.Any(unit => StepOf(unit, Flops) > 0) ? Flops : Bytes;
        double full = units.Sum(unit => StepOf(unit, costOf));
        if (full == 0 || state.Checks++ % every != 0) return decision;
        double[] passing = [.. units.Select(unit => costOf(unit, CostKind.InputGradient))], training = [.. units.Select(unit => TrainingOf(unit, costOf))];
        double forward = units.Sum(unit => costOf(unit, CostKind.Forward));
        bool[] heads = [.. units.Select(unit => unit.IsHead)];
        BudgetPlan plan = BudgetPlanner.Best(Importances(units), passing, training, (fraction * full) - forward, heads, atLeastOne: true) ?? throw TooSmall(passing, training, heads, forward, full);
        string whole = FormattableString.Invariant($"{plan.Trained.Count(trains => trains)} of {units.Length} units train at {(forward + plan.Cost) / full:P1} of a full step, at most {fraction:P1}");
        for (int i = 0; i < units.Length; i++)
        {
            if (units[i].IsHead || plan.Trained[i] == !units[i].IsFrozen) continue;
            decision.Set(units[i].Index, new UnitDecision(!plan.Trained[i], $"{units[i].Explanation}: {whole}"));
        }
        return decision;
    }

    private static double[] Importances(UnitView[] units)
    {
        double[] known = [.. units.Where(unit => !unit.IsHead && double.IsFinite(unit.Score)).Select(unit => unit.Score)];
        double most = known.Length > 0 && known.Max() > 0 ? known.Max() : 1;
        return [.. units.Select(unit => unit.IsHead ? 0 : double.IsFinite(unit.Score) ? unit.Score : most)];
    }

    private ArgumentException TooSmall(double[] passing, double[] training, bool[] heads, double forward, double full)
    {
        bool hasHead = heads.Contains(true);
        // Without a head some unit trains: the one for which it costs least.
        double least = hasHead ? passing[..(Array.LastIndexOf(heads, true) + 1)].Sum() + training.Where((_, i) => heads[i]).Sum() : training.Select((cost, i) => cost + passing[..(i + 1)].Sum()).Min();
        return new ArgumentException(FormattableString.Invariant($"budget: rho {fraction:G3} is too small: a step that trains only {(hasHead ? "the head" : "the cheapest unit")} costs {(forward + least) / full:G3} of a full step."));
    }

    private static double StepOf(UnitView unit, Func<UnitView, CostKind, double> costOf) =>
        costOf(unit, CostKind.Forward) + costOf(unit, CostKind.InputGradient) + TrainingOf(unit, costOf);

    private static double TrainingOf(UnitView unit, Func<UnitView, CostKind, double> costOf) => costOf(unit, CostKind.WeightGradient) + costOf(unit, CostKind.Optimizer);

    private static double Flops(UnitView unit, CostKind kind) => unit.StepCost(kind).Flops;

    private static double Bytes(UnitView unit, CostKind kind) => unit.StepCost(kind).Bytes;
}
