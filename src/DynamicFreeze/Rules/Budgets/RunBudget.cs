namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Keeps a whole run at a fraction of what full training would cost, in operations or in seconds. At every check what is left is divided among the steps that are left, and <see cref="BudgetPlanner"/> chooses the most important
/// units, by their scores, whose training fits. What a plan has not used is there for the next one, and what it has overdrawn is missing.
/// </summary>
/// <remarks>
/// Seconds of a set of units are predicted by the roofline's share of a full step, whose seconds are measured before the first freeze: nothing is frozen before the rule's first check, and later checks scale
/// the prediction by what was measured since the one before. What the steps before the first freeze took, full training takes too: a run is not charged with its slow first steps. Operations are known before the first step, and units are frozen there only where the budget would be out of reach otherwise. What statistics and checks cost beside the plan is found from check to check, and taken off what is left.
/// With a forward cache the forward pass of a frozen prefix is paid for one epoch; a plan that thaws a part of it pays for filling it again. A budget that ends up out of reach leaves the heads alone in training.
/// </remarks>
public sealed class RunBudget : IFreezeRule<RunBudgetState>, IBudgetRule
{
    // A step that is planned to cost next to nothing, its prefix read from a cache, says nothing about how fast others are.
    private const double LeastPlanned = 0.1;
    private const double MostPlanned = 0.999;

    // With all of full training's seconds allowed a full step must fit.
    private const double Rounding = 1e-9;

    private readonly bool cuts;

    /// <summary>A budget.</summary>
    /// <param name="measure">Of what.</param>
    /// <param name="fraction">The fraction of full training's, in (0, 1].</param>
    /// <param name="cuts">Whether frozen units behind one that trains are cut where a residual sum leads around them: then they cost no input gradient, and what lies upstream trains without their part of it.</param>
    public RunBudget(BudgetMeasure measure, double fraction, bool cuts = false)
    {
        if (!Enum.IsDefined(measure)) throw new ArgumentOutOfRangeException(nameof(measure), $"budget: expected flops or seconds, found {(int)measure}.");
        if (fraction is not (> 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(fraction), FormattableString.Invariant($"budget: {Word(measure)} must be in (0, 1], found {fraction}."));
        (Measure, Fraction, this.cuts) = (measure, fraction, cuts);
    }

    /// <summary>What it is a part of.</summary>
    public BudgetMeasure Measure { get; }

    /// <summary>The part of full training's, in (0, 1].</summary>
    public double Fraction { get; }

    /// <inheritdoc/>
    public string Name => "budget";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"{Word(Measure)}={Fraction}{(cuts ? ",cut" : "")}");

    /// <inheritdoc/>
    public bool NeedsCosts => Measure == BudgetMeasure.Flops;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The run's length is not known, or the budget cannot be met whatever is frozen.</exception>
    public FreezeDecision Decide(CheckContext context, ref RunBudgetState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(state);
        if (context.RunSteps == 0) throw new ArgumentException($"budget: {Word(Measure)} of a whole run needs the run's length: set FreezeOptions.RunSteps.");
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
        if (context.Step == 0 && !IsDueAtStart(context, prefix, heads))
        {
            // Until the first plan all train: what that takes beside full steps is what statistics and checks cost.
            (state.Planned, state.PlannedAt, state.SpentThen, state.Frozen) = (1, 0, 0, units.Count(unit => unit.IsFrozen));
            return decision;
        }
        RunSpending? run = context.Spent();
        (double spent, double full) = Spent(run);
        if (double.IsNaN(spent)) return decision;
        if (units.Count(unit => unit.IsFrozen) == state.Frozen) Learn(state, context.Step, spent);
        double step = ((Fraction * (full + left)) - spent) / left;
        BudgetPlan? best = prefix.Best(UnitCosts.Importances(units), heads, (step - state.Overhead) * (1 + Rounding) * costs.Full / state.Factor, left);
        BudgetPlan plan = best ?? prefix.Least(heads, left);
        string whole = InWords(context, run, plan, prefix, best is null, step, spent / (full + left), state);
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
        state.Frozen = decision.Units.Count(unit => unit.Frozen);
        return decision;
    }

    private UnitCosts CostsOf(UnitView[] units)
    {
        UnitCosts seconds = UnitCosts.Of(units, (unit, kind) => unit.StepCost(kind).BoundSeconds);
        // Where the machine's rates are unknown operations say what a step's part is.
        UnitCosts costs = Measure == BudgetMeasure.Seconds && seconds.Full > 0 ? seconds : UnitCosts.Operations(units);
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
        double reached = Measure == BudgetMeasure.Seconds ? later : fromStart;
        if (reached > Fraction)
        {
            string when = Measure == BudgetMeasure.Seconds ? FormattableString.Invariant($"with nothing frozen for the first {first} of {context.RunSteps} steps, ") : "";
            throw new ArgumentException(FormattableString.Invariant(
                $"budget: {Word(Measure)} {Fraction:G3} is too small: {when}training only {(heads.Contains(true) ? "the head" : "the cheapest unit")} costs {reached:G3} of full training{(context.IsCached ? "" : "; a forward cache would leave out the forward pass of what is frozen (--cache)")}."));
        }
        return Measure == BudgetMeasure.Flops && later > Fraction;
    }

    /// <summary>What the run has cost and what full training would have until now, in full steps; NaN: not known.</summary>
    private (double Done, double Full) Spent(RunSpending? run)
    {
        if (Measure == BudgetMeasure.Flops) return run is null || run.Steps == 0 ? (0, 0) : (run.Flops / (run.FullFlops / run.Steps), run.Steps);
        return run is null || run.Steps == 0 ? (double.NaN, double.NaN) : (run.Seconds / run.FullStepSeconds, run.FullSeconds / run.FullStepSeconds);
    }

    private void Learn(RunBudgetState state, int step, double spent)
    {
        if (state.Planned <= 0 || step <= state.PlannedAt) return;
        double found = (spent - state.SpentThen) / (step - state.PlannedAt);
        if (Measure == BudgetMeasure.Flops)
        {
            // Operations are as planned, but for what is none of the units': that does not grow with them.
            double beside = Math.Max(0, found - state.Planned);
            state.Overhead = state.Overhead == 0 ? beside : (state.Overhead + beside) / 2;
            return;
        }
        // Where all train, the full step is measured anew: whatever it took was as predicted.
        if (state.Planned is < LeastPlanned or > MostPlanned) return;
        // One slow interval, as when other programs run, is no new machine.
        state.Factor = (state.Factor + Math.Clamp(found / state.Planned, 0.25, 4)) / 2;
    }

    private string InWords(CheckContext context, RunSpending? run, BudgetPlan plan, PrefixCosts prefix, bool isOut, double step, double spent, RunBudgetState state)
    {
        int count = plan.Trained.Count, trains = plan.Trained.Count(unit => unit);
        string left = isOut ? "the budget is out of reach" : FormattableString.Invariant($"{step:P1} of a full step is left for each step");
        string beside = state.Overhead < 0.0005 ? "" : FormattableString.Invariant($", statistics and checks at {state.Overhead:P1}");
        string clock = Measure == BudgetMeasure.Seconds
            ? FormattableString.Invariant($", {run!.Seconds:G4} s, a full step {run.FullStepSeconds * 1000:G4} ms, steps {state.Factor:G3} times as predicted") : "";
        return FormattableString.Invariant($"{trains} of {count} units train at {prefix.OfPlan(plan, context.RunSteps - context.Step):P1} of a full step{beside}, {left} ({spent:P1} of full training spent after {context.Step} of {context.RunSteps} steps{clock})");
    }

    private static string Word(BudgetMeasure measure) => measure == BudgetMeasure.Seconds ? "seconds" : "flops";
}
