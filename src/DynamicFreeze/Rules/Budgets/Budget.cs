namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Keeps a step within a fraction of a full training step's cost, as GreenTrainer (2024) and ElasticTrainer (2023) do, with <see cref="BudgetPlanner"/>'s exact choice: a unit's importance is its
/// score, since a high one says that it still learns. A unit without a score counts as the most important, so every unit is looked at. Heads always train. Whatever a unit was, the next plan may train
/// or freeze it.
/// </summary>
/// <remarks>
/// The forward pass is always paid, so a fraction ρ of the full step leaves ρ · full − forward for the backward pass. Costs are the ledger's operations, or its bytes where no unit has operations; a unit's
/// weight gradient includes its update. The deepest trained unit's input gradient is charged in full although a part of it or all is not computed: a step never costs more than planned. Nothing is decided
/// before a full step's cost is known. A budget for a whole run is <see cref="RunBudget"/>'s, one of memory <see cref="MemoryBudget"/>'s.
/// </remarks>
public sealed class Budget : IFreezeRule<CheckCount>
{
    private readonly double fraction;
    private readonly int every;
    private readonly string owner;

    /// <summary>A budget.</summary>
    /// <param name="fraction">What a step may cost of a full training step, in (0, 1].</param>
    /// <param name="every">Checks from one plan to the next; at least 1.</param>
    /// <param name="owner">The method that it is a part of, which messages name; null: it stands for itself.</param>
    public Budget(double fraction = 0.5, int every = 1, string? owner = null)
    {
        this.owner = owner ?? Name;
        if (fraction is not (> 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(fraction), FormattableString.Invariant($"{this.owner}: rho must be in (0, 1], found {fraction}."));
        if (every < 1) throw new ArgumentOutOfRangeException(nameof(every), $"{this.owner}: checks from plan to plan must be at least 1, found {every}.");
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
        UnitCosts costs = UnitCosts.Operations(units);
        if (costs.Full == 0 || state.Checks++ % every != 0) return decision;
        bool[] heads = [.. units.Select(unit => unit.IsHead)];
        BudgetPlan plan = BudgetPlanner.Best(UnitCosts.Importances(units), costs.Passing, costs.Training, (fraction * costs.Full) - costs.AllForward, heads, atLeastOne: true) ?? throw TooSmall(costs, heads);
        string whole = FormattableString.Invariant($"{plan.Trained.Count(trains => trains)} of {units.Length} units train at {(costs.AllForward + plan.Cost) / costs.Full:P1} of a full step, at most {fraction:P1}");
        for (int i = 0; i < units.Length; i++)
        {
            if (units[i].IsHead || plan.Trained[i] == !units[i].IsFrozen) continue;
            decision.Set(units[i].Index, new UnitDecision(!plan.Trained[i], $"{units[i].Explanation}: {whole}"));
        }
        return decision;
    }

    private ArgumentException TooSmall(UnitCosts costs, bool[] heads) => new(FormattableString.Invariant(
        $"{owner}: rho {fraction:G3} is too small: a step that trains only {(heads.Contains(true) ? "the head" : "the cheapest unit")} costs {(costs.AllForward + costs.LeastBackward(heads)) / costs.Full:G3} of a full step."));
}
