namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Keeps a whole run at a fraction of what full training would cost, in operations or in seconds. At every check what is left is divided among the steps that are left, and <see cref="BudgetPlanner"/> chooses the most important
/// units, by their scores, whose training fits. What a plan has not used is there for the next one, and what it has overdrawn is missing.
/// </summary>
/// <remarks>
/// Seconds of a set of units are predicted by the roofline's share of a full step, whose seconds are measured before the first freeze: nothing is frozen before the rule's first check, and later checks scale
/// the prediction by what was measured since the one before. Operations are known before the first step, and units are frozen there only where the budget would be out of reach otherwise.
/// With a forward cache the forward pass of a frozen prefix is paid for one epoch; a plan that thaws a part of it pays for filling it again. A budget that ends up out of reach leaves the heads alone in training.
/// </remarks>
public sealed class RunBudget : IFreezeRule<RunBudgetState>, IBudgetRule
{
    private readonly BudgetMeasure measure;
    private readonly double fraction;
    private readonly bool cuts;

    /// <summary>A budget.</summary>
    /// <param name="measure">Of what.</param>
    /// <param name="fraction">The fraction of full training's, in (0, 1].</param>
    /// <param name="cuts">Whether frozen units behind one that trains are cut where a residual sum leads around them: then they cost no input gradient, and what lies upstream trains without their part of it.</param>
    public RunBudget(BudgetMeasure measure, double fraction, bool cuts = false)
    {
        if (!Enum.IsDefined(measure)) throw new ArgumentOutOfRangeException(nameof(measure), $"budget: expected flops or seconds, found {(int)measure}.");
        if (fraction is not (> 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(fraction), FormattableString.Invariant($"budget: {Word(measure)} must be in (0, 1], found {fraction}."));
        (this.measure, this.fraction, this.cuts) = (measure, fraction, cuts);
    }

    /// <inheritdoc/>
    public string Name => "budget";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"{Word(measure)}={fraction}{(cuts ? ",cut" : "")}");

    /// <inheritdoc/>
    public bool NeedsCosts => measure == BudgetMeasure.Flops;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The run's length is not known, or the budget cannot be met whatever is frozen.</exception>
    public FreezeDecision Decide(CheckContext context, ref RunBudgetState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(state);
        if (context.RunSteps == 0) throw new ArgumentException($"budget: {Word(measure)} of a whole run needs the run's length: set FreezeOptions.RunSteps.");
        var decision = new FreezeDecision(context);
        UnitView[] units = [.. context.Units.Reverse()];
        UnitCosts costs = CostsOf(units);
        int left = context.RunSteps - context.Step;
        if (costs.Full == 0 || left <= 0) return decision;
        bool[] heads = [.. units.Select(unit => unit.IsHead)];
        int frozen = context.Units.TakeWhile(unit => unit.IsFrozen).Count();
        if (frozen < state.Prefix) state.LostAt = state.PlannedAt;
        state.Prefix = frozen;
        var prefix = new PrefixCosts(costs, units, context.IsCached ? context.EpochSteps : 0, context.Step - state.LostAt);
        if (context.Step == 0 && !IsDueAtStart(context, prefix, heads)) return decision;
        RunSpending? run = context.Spent();
        double spent = Spent(run);
        if (double.IsNaN(spent)) return decision;
        Learn(state, context.Step, spent);
        double step = ((fraction * context.RunSteps) - spent) / left;
        BudgetPlan? best = prefix.Best(UnitCosts.Importances(units), heads, step * costs.Full / state.Factor, left);
        BudgetPlan plan = best ?? prefix.Least(heads, left);
        string whole = InWords(context, run, plan, prefix, best is null, step, spent, state.Factor);
        int deepest = plan.Trained.ToList().LastIndexOf(true);
        for (int i = 0; i < units.Length; i++)
        {
            if (units[i].IsHead) continue;
            bool freezes = !plan.Trained[i];
            double cut = cuts && freezes && i < deepest && units[i].CanCut ? 1 : 0;
            bool recuts = freezes && units[i].CutRate != cut;
            if (freezes == units[i].IsFrozen && !recuts) continue;
            decision.Set(units[i].Index, new UnitDecision(freezes, $"{units[i].Explanation}: {whole}", CutRate: recuts ? cut : null));
        }
        (state.Planned, state.PlannedAt, state.SpentThen) = (prefix.OfPlan(plan, Math.Max(1, context.NextCheck - context.Step)), context.Step, spent);
        return decision;
    }

    private UnitCosts CostsOf(UnitView[] units)
    {
        UnitCosts seconds = UnitCosts.Of(units, (unit, kind) => unit.StepCost(kind).BoundSeconds);
        // Where the machine's rates are unknown operations say what a step's part is.
        UnitCosts costs = measure == BudgetMeasure.Seconds && seconds.Full > 0 ? seconds : UnitCosts.Operations(units);
        if (!cuts) return costs;
        // A unit that is cut passes nothing on: only those that train pay for it.
        return new UnitCosts(
            costs.Forward, [.. costs.Passing.Select((cost, i) => units[i].CanCut ? 0 : cost)], [.. costs.Training.Select((cost, i) => units[i].CanCut ? cost + costs.Passing[i] : cost)]);
    }

    /// <summary>Whether the first plan must be made before the first step; a budget out of reach is refused.</summary>
    private bool IsDueAtStart(CheckContext context, PrefixCosts prefix, bool[] heads)
    {
        int first = Math.Min(context.RunSteps, context.NextCheck);
        double least = prefix.OfLeast(heads, context.RunSteps);
        double fromStart = least, later = (first + ((context.RunSteps - first) * least)) / context.RunSteps;
        double reached = measure == BudgetMeasure.Seconds ? later : fromStart;
        if (reached > fraction)
        {
            string when = measure == BudgetMeasure.Seconds ? FormattableString.Invariant($"with nothing frozen for the first {first} of {context.RunSteps} steps, ") : "";
            throw new ArgumentException(FormattableString.Invariant(
                $"budget: {Word(measure)} {fraction:G3} is too small: {when}training only {(heads.Contains(true) ? "the head" : "the cheapest unit")} costs {reached:G3} of full training{(context.IsCached ? "" : "; a forward cache would leave out the forward pass of what is frozen (--cache)")}."));
        }
        return measure == BudgetMeasure.Flops && later > fraction;
    }

    /// <summary>In full steps; NaN: not known.</summary>
    private double Spent(RunSpending? run)
    {
        if (run is null || run.Steps == 0) return measure == BudgetMeasure.Flops ? 0 : double.NaN;
        return measure == BudgetMeasure.Flops ? run.Flops / (run.FullFlops / run.Steps) : run.Seconds / run.FullStepSeconds;
    }

    private static void Learn(RunBudgetState state, int step, double spent)
    {
        if (state.Planned <= 0 || step <= state.PlannedAt) return;
        double found = (spent - state.SpentThen) / (step - state.PlannedAt) / state.Planned;
        // One slow interval, as when other programs run, is no new machine.
        state.Factor = (state.Factor + Math.Clamp(found, 0.25, 4)) / 2;
    }

    private string InWords(CheckContext context, RunSpending? run, BudgetPlan plan, PrefixCosts prefix, bool isOut, double step, double spent, double factor)
    {
        int count = plan.Trained.Count, trains = plan.Trained.Count(unit => unit);
        string left = isOut ? "the budget is out of reach" : FormattableString.Invariant($"{step:P1} of a full step is left for each step");
        string clock = measure == BudgetMeasure.Seconds
            ? FormattableString.Invariant($", {run!.Seconds:G4} s, a full step {run.FullStepSeconds * 1000:G4} ms, steps {factor:G3} times as predicted") : "";
        return FormattableString.Invariant($"{trains} of {count} units train at {prefix.OfPlan(plan, context.RunSteps - context.Step):P1} of a full step, {left} ({spent / context.RunSteps:P1} of full training spent after {context.Step} of {context.RunSteps} steps{clock})");
    }

    private static string Word(BudgetMeasure measure) => measure == BudgetMeasure.Seconds ? "seconds" : "flops";
}
