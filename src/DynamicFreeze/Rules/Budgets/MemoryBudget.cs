namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Keeps what training takes beside weights and values in passing within a fraction of full training's: what is kept for the backward pass, gradients and optimizer state. From the first step on, and at every check anew, it trains the
/// most important units, by their scores, that fit. The optimizer state of what is frozen is dropped.
/// </summary>
/// <remarks>A frozen unit behind one that trains is charged with all that it keeps in a full step, although it may keep less: the budget is a limit.</remarks>
public sealed class MemoryBudget : IFreezeRule<NoState>, IBudgetRule
{
    private readonly double fraction;

    /// <summary>A budget.</summary>
    /// <param name="fraction">The fraction of full training's, in (0, 1].</param>
    public MemoryBudget(double fraction)
    {
        if (fraction is not (> 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(fraction), FormattableString.Invariant($"budget: memory must be in (0, 1], found {fraction}."));
        this.fraction = fraction;
    }

    /// <inheritdoc/>
    public string Name => "budget";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"memory={fraction}");

    /// <inheritdoc/>
    public bool NeedsCosts => true;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The budget does not even allow the heads to be trained, or without a head any unit.</exception>
    public FreezeDecision Decide(CheckContext context, ref NoState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        var decision = new FreezeDecision(context);
        UnitView[] units = [.. context.Units.Reverse()];
        // Nothing is kept before a step was seen.
        if (units.All(unit => unit.KeptBytes == 0)) return decision;
        // The deepest unit that trains keeps its inputs, also where nothing in front of it keeps them.
        double[] passing = [.. units.Select((unit, i) => Math.Max(0.0, unit.KeptBytes + unit.SharedBytes - (i == 0 ? 0 : units[i - 1].SharedBytes)))];
        var costs = new UnitCosts(new double[units.Length], passing, [.. units.Select(unit => (double)unit.TrainingBytes)]);
        bool[] heads = [.. units.Select(unit => unit.IsHead)];
        BudgetPlan plan = BudgetPlanner.Best(UnitCosts.Importances(units), costs.Passing, costs.Training, fraction * costs.Full, heads, atLeastOne: true)
            ?? throw new ArgumentException(FormattableString.Invariant(
                $"budget: memory {fraction:G3} is too small: training only {(heads.Contains(true) ? "the head" : "the smallest unit")} takes {costs.LeastBackward(heads) / costs.Full:G3} of full training's."));
        string whole = FormattableString.Invariant($"{plan.Trained.Count(trains => trains)} of {units.Length} units train with {plan.Cost / costs.Full:P1} of full training's activations, gradients and optimizer state, at most {fraction:P1}");
        for (int i = 0; i < units.Length; i++)
        {
            if (units[i].IsHead || plan.Trained[i] == !units[i].IsFrozen) continue;
            decision.Set(units[i].Index, new UnitDecision(!plan.Trained[i], $"{units[i].Explanation}: {whole}", StateAction: plan.Trained[i] ? null : Layers.OnFreeze.Drop));
        }
        return decision;
    }
}
