using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>What came of a budget for a whole run.</summary>
/// <param name="Measure">Of what it was.</param>
/// <param name="Asked">The part of full training's that it allowed.</param>
/// <param name="Taken">The part that the run took, statistics and checks included; NaN: full training's is not known.</param>
public sealed record BudgetOutcome(BudgetMeasure Measure, double Asked, double Taken)
{
    // Plans are made a check ahead.
    private const double Tolerance = 1.02;

    /// <summary>Whether the run took more than it was allowed, by more than a fiftieth of it.</summary>
    public bool IsExceeded => Taken > Asked * Tolerance;

    /// <summary>What was asked and taken.</summary>
    public override string ToString()
    {
        string what = Measure == BudgetMeasure.Seconds ? "seconds" : "operations";
        return double.IsNaN(Taken) ? FormattableString.Invariant($"{Asked:G3} of full training's {what} asked; what was taken is not known") : FormattableString.Invariant($"{Asked:G3} of full training's {what} asked, {Taken:F3} taken");
    }

    /// <summary>Of a run whose rule keeps one; null: it keeps none. Full training has all of its steps, also where the run has stopped early.</summary>
    internal static BudgetOutcome? Of(IFreezeRule rule, RunSpending spent, int totalSteps) => Policy.Unfiltered(rule) switch
    {
        RunBudget { Measure: BudgetMeasure.Seconds } budget => new BudgetOutcome(budget.Measure, budget.Fraction, spent.Seconds / (spent.FullSeconds + (spent.Steps == totalSteps ? 0 : (totalSteps - spent.Steps) * spent.FullStepSeconds))),
        RunBudget budget => OfFlops(budget.Fraction, spent, totalSteps),
        TimelineRule { Flops: { } flops } => OfFlops(flops, spent, totalSteps),
        _ => null,
    };

    private static BudgetOutcome OfFlops(double fraction, RunSpending spent, int totalSteps) => new(BudgetMeasure.Flops, fraction, spent.Flops / (spent.FullFlops / spent.Steps * totalSteps));
}
