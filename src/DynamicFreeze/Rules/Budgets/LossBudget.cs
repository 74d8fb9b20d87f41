namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Freezes from the input on what has finished, as <see cref="PrefixPatience"/> does, and only while all freezes that stand are expected to cost no more than a budget of loss: a unit whose price (<see cref="UnitView.Price"/>) does not
/// fit into what is left of it trains on, and is asked about again at the next check, when the rate has fallen and with it the price of what shakes. A thaw gives a unit's price back.
/// While the learning rate rises nothing counts as finished: what is stationary under it has just begun.
/// </summary>
/// <remarks>With <see cref="FreezeOptions.RelativeLoss"/> the budget is a part of the last validation loss, and nothing is frozen before one was observed.</remarks>
public sealed class LossBudget : IFreezeRule<LossBudgetState>
{
    private const int MostChecks = 128;

    private readonly double loss;
    private readonly Patience? judge;
    private readonly bool together;
    private readonly bool planned;

    /// <summary>A budget.</summary>
    /// <param name="loss">How much more loss than full training's is accepted, in the loss's unit or as a part of it; positive.</param>
    /// <param name="patience">Checks below the threshold before a unit counts as finished; 0: scores are not asked, and a unit is frozen as soon as its price fits.</param>
    /// <param name="threshold">Scores below it say "finished".</param>
    /// <param name="hysteresis">At least 1.</param>
    /// <param name="together">Whether all units are judged at every check, and not only the frontmost one that trains.</param>
    /// <param name="planned">Whether a unit also waits where the budget would save more later or on units behind it.</param>
    public LossBudget(double loss = 0.01, int patience = 4, double threshold = 1, double hysteresis = 2, bool together = false, bool planned = true)
    {
        if (!(loss > 0) || !double.IsFinite(loss)) throw new ArgumentOutOfRangeException(nameof(loss), FormattableString.Invariant($"{Name}: loss must be positive and finite, found {loss}."));
        if (patience < 0) throw new ArgumentOutOfRangeException(nameof(patience), $"{Name}: patience must be 0 or more, found {patience}.");
        this.loss = loss;
        judge = patience == 0 ? null : new Patience(Name, patience, threshold, hysteresis);
        this.together = together;
        this.planned = planned;
    }

    /// <inheritdoc/>
    public string Name => "loss-budget";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"loss={loss},{judge?.Settings ?? "patience=0"}{(together ? ",together" : "")}{(planned ? "" : ",planned=0")}");

    /// <inheritdoc/>
    public bool NeedsPrices => true;

    /// <inheritdoc/>
    public FreezeDecision Decide(CheckContext context, ref LossBudgetState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(state);
        state.Resize(context.Units.Count);
        Patience.Begin(context, state.Patience);
        var decision = new FreezeDecision(context);
        foreach (UnitView unit in context.Units)
        {
            if (!unit.IsFrozen) state.Spent[unit.Index] = 0;
        }
        double budget = loss * context.LossScale, left = budget - state.Spent.Sum();
        UnitView[] waiting = [.. context.Units.Where(unit => !unit.IsFrozen && !unit.IsHead)];
        foreach (UnitView unit in together ? waiting : waiting.Take(1)) Count(unit, state.Patience);
        // Before the first validation loss nothing is known to fit, not even what is free.
        int count = double.IsNaN(budget) ? 0 : planned ? Planned(context, waiting, state.Patience, left) : Fitting(context, waiting, state.Patience, left);
        foreach (UnitView unit in waiting.Take(count))
        {
            double price = PriceOf(context, unit);
            state.Spent[unit.Index] = price;
            string why = judge is null ? "" : $"{judge.Reason(unit, state.Patience)}; ";
            decision.Freeze(unit.Index, FormattableString.Invariant($"{why}expected to cost {price:G3} of loss, {left:G3} of {budget:G3} are left"), price);
            left -= price;
        }
        return decision;
    }

    /// <summary>How many units from the front have finished and fit, one after the other.</summary>
    private int Fitting(CheckContext context, UnitView[] waiting, PatienceState state, double left)
    {
        int count = 0;
        // NaN fits nowhere.
        while (count < waiting.Length && (together || count == 0) && MayNow(waiting[count], state) && PriceOf(context, waiting[count]) is var price && price <= Math.Max(0, left))
        {
            left -= price;
            count++;
        }
        return count;
    }

    private int Planned(CheckContext context, UnitView[] waiting, PatienceState state, double left)
    {
        // Without a plan for later the steps that are left do not matter.
        if (context.RunSteps == 0 || !waiting.Any(unit => MayNow(unit, state))) return Fitting(context, waiting, state, left);
        // Of very many checks that are to come as many as a plan needs: each costs a pass over units and parts of the budget.
        int every = Math.Max(Math.Max(1, context.NextCheck - context.Step), (context.RunSteps - context.Step) / MostChecks), checks = Math.Max(1, (context.RunSteps - context.Step + every - 1) / every);
        double last = context.RateAt(context.RunSteps - 1), now = context.RateAt(context.Step) - last;
        int[] steps = [.. Enumerable.Range(0, checks).Select(check => context.Step + (check * every))];
        double[] savings = SavingsOf(context.Units);
        return LossPlanner.FreezesNow(
            [.. waiting.Select(unit => PriceOf(context, unit))], [.. waiting.Select(unit => savings[unit.Index])], [.. waiting.Select((unit, i) => (together || i == 0) && MayNow(unit, state))],
            [.. steps.Select(step => now > 0 ? Math.Max(0, context.RateAt(step) - last) / now : 1)], [.. steps.Select(step => context.RunSteps - step)], left);
    }

    private bool MayNow(UnitView unit, PatienceState state) => judge?.HasFinished(unit, state) ?? !IsRising(unit.History);

    /// <summary>What is paid is what the rate still falls by: what shakes at the last rate would shake anyway. Where the last rate is not known, it is taken to be zero.</summary>
    private static double PriceOf(CheckContext context, UnitView unit)
    {
        double now = context.RateAt(context.Step), last = context.RunSteps > 0 ? context.RateAt(context.RunSteps - 1) : 0;
        return Math.Max(0, unit.Price) * (now > 0 && last > 0 ? Math.Clamp(1 - (last / now), 0, 1) : 1);
    }

    /// <summary>For each unit, what a step saves once the frozen prefix reaches it: its weight gradients and update, its own input gradient, and that of the first layer behind it.</summary>
    private static double[] SavingsOf(IReadOnlyList<UnitView> units)
    {
        UnitCosts costs = UnitCosts.Operations([.. units]);
        double First(int unit) => unit == 0 || unit == units.Count ? 0 : costs.Passing[unit] / Math.Max(1, units[unit].Shapes.Count(shape => shape.Rank > 1));
        return [.. units.Select((_, i) => costs.Training[i] + costs.Passing[i] + First(i + 1) - First(i))];
    }

    /// <summary>Counts a check, but for one under a rate that has risen since the one before: that starts the count again.</summary>
    private void Count(UnitView unit, PatienceState state)
    {
        if (judge is null) return;
        if (IsRising(unit.History)) state.Below[unit.Index] = 0;
        else judge.Count(unit, state);
    }

    private static bool IsRising(UnitHistory history) =>
        history.Count > 1 && history[^1].IntegratedRate / history[^1].Steps is var rate && history[^2].IntegratedRate / history[^2].Steps is var before && rate > before * (1 + 1e-4);
}
