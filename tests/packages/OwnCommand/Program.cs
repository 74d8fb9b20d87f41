using ResearchFreeze.Cli;
using ResearchFreeze.DynamicFreeze;

// The command line with one more criterion, from the packages alone.
return FreezeApp.Run(args, c => c.Criteria.Add("settled", spec => new Settled()));

/// <summary>The latest relative weight change as a fraction of the one before it.</summary>
internal sealed class Settled : ICriterion
{
    public string Name => "settled";

    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new WeightDistance()];

    public double Score(UnitHistory history)
    {
        if (history.Count < 2) return double.NaN;
        double before = WeightDistance.PerRate(history[^2]);
        return before > 0 ? WeightDistance.PerRate(history[^1]) / before : double.NaN;
    }
}
