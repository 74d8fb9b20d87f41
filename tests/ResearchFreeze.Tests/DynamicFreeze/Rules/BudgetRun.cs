using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>A game with a world: costs of 100 operations each way, and what was decided is what is spent.</summary>
internal sealed class BudgetRun
{
    private readonly double[] costs;
    private readonly double[] truth;
    private readonly double full;
    private readonly bool cuts;
    private readonly int epoch;
    private readonly int[] seen;
    private readonly int length;
    private double spent;
    private double fullSeconds;
    private int steps;
    private int previous = -1;

    public BudgetRun(int units, double fraction, int runSteps, int every, double[]? costs = null, int epoch = 0, int heads = 1, BudgetMeasure measure = BudgetMeasure.Flops, bool cuts = false, Func<double>? error = null, IFreezeRule? rule = null)
    {
        (this.cuts, this.epoch, length) = (cuts, epoch, runSteps);
        this.costs = costs ?? [.. Enumerable.Repeat(100.0, units)];
        truth = [.. this.costs.Select(cost => cost * (error?.Invoke() ?? 1))];
        seen = new int[units];
        full = Enumerable.Range(0, units).Sum(unit => truth[unit] * (unit == 0 ? 2 : 3));
        Game = new RuleGame(units, rule ?? new RunBudget(measure, fraction, cuts), heads)
        {
            RunSteps = runSteps,
            EpochSteps = epoch,
            IsCached = epoch > 0,
            Every = every,
            CanCut = unit => cuts && unit > 0 && unit < units - 1,
            CostOf = (unit, kind) => kind is CostKind.Forward or CostKind.WeightGradient || (kind == CostKind.InputGradient && unit > 0)
                ? new Cost(0, (long)(this.costs[unit] * 1000), 0, this.costs[unit] / 1e4) : default,
        };
        Game.Spent = () => new RunSpending(steps, spent * 1000, full * 1000 * steps, spent / 1e4, fullSeconds / 1e4, steps == 0 ? double.NaN : full / 1e4);
    }

    public RuleGame Game { get; }

    /// <summary>What a step of the head really costs, over what it is said to.</summary>
    public double HeadError { get; init; } = 1;

    /// <summary>A full step.</summary>
    public double Full => full;

    public double Fraction => spent / (full * length);

    public void Also(double cost) => spent += cost;

    /// <summary>What full training takes too, as compiling does.</summary>
    public void AlsoOfAll(double cost)
    {
        spent += cost;
        fullSeconds += cost;
    }

    public FreezeDecision Check(params double[] scores)
    {
        FreezeDecision decision = Game.Check(scores);
        for (; steps < Game.Step && steps < length; steps++)
        {
            spent += Step();
            fullSeconds += full;
        }
        return decision;
    }

    private double Step()
    {
        int first = Enumerable.Range(0, costs.Length).First(unit => !Game.IsFrozen(unit));
        double sum = 0;
        for (int unit = 0; unit < costs.Length; unit++)
        {
            // What was kept before an earlier boundary is lost with it.
            if (first < previous) seen[unit] = 0;
            bool isKept = epoch > 0 && unit < first && seen[unit] >= epoch;
            seen[unit] = unit < first ? seen[unit] + 1 : 0;
            double cost = truth[unit] * (unit == costs.Length - 1 ? HeadError : 1);
            if (!isKept) sum += cost;
            if (unit > first && !(cuts && Game.IsFrozen(unit) && unit < costs.Length - 1)) sum += cost;
            if (!Game.IsFrozen(unit)) sum += cost;
        }
        previous = first;
        return sum;
    }
}
