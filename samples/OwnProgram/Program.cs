using ResearchFreeze.Autograd;
using ResearchFreeze.Cli;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

// Every verb of the command line, with names of one's own: train --model own:width=64 --data rings --policy calm --metrics worst-recall
return FreezeApp.Run(args, c =>
{
    c.Criteria.Add("smoothed-change", "smoothed-change:keep=0.5", spec => new SmoothedChange(spec.Real("keep", 0.5)));
    c.Rules.Add("lowest-first", "lowest-first:times=3,limit=0.5", spec => new LowestFirst(spec.Integer("times", 3), spec.Real("limit", 0.5)));
    c.Policies.Add("calm", spec => new Policy(new SmoothedChange(0.5), new PrefixPatience(patience: 2, threshold: 0.8), steps => new FreezeOptions { CheckEvery = Math.Max(1, steps / 20) }));
    c.Models.Add("own", "own:width=32", spec => Own(spec.Integer("width", 32)));
    c.Metrics.Add("worst-recall", spec => new WorstRecall());
    c.Data.Add("rings", spec => () => DataSplits.Split(HostDataSet.From(Rings(3000), [2], classes: 3, "rings")));
});

static ModelSpec Own(int width) => new((sample, classes) => new Sequential(
    ("spread", new Linear(sample.Count, width, activation: Activation.Tanh)),
    ("mix", new Linear(width, width, activation: Activation.Relu)),
    ("head", new Linear(width, classes))), SampleShape: [2], Classes: 3);

static IEnumerable<(float[] Input, int Label)> Rings(int count)
{
    var random = new RandomStream(1, "rings");
    for (int i = 0; i < count; i++)
    {
        double angle = Math.Tau * random.NextDouble(), radius = 1 + (i % 3) + (0.4 * random.NextDouble());
        yield return ([(float)(radius * Math.Cos(angle)), (float)(radius * Math.Sin(angle))], i % 3);
    }
}

/// <summary>The exponential mean of the relative weight change, as a fraction of the first one.</summary>
internal sealed class SmoothedChange(double keep) : ICriterion
{
    public string Name => "smoothed-change";
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new WeightDistance()];

    public double Score(UnitHistory history)
    {
        if (history.Count < 2) return double.NaN;
        double first = WeightDistance.PerRate(history[0]), mean = first;
        for (int i = 1; i < history.Count; i++) mean = (keep * mean) + ((1 - keep) * WeightDistance.PerRate(history[i]));
        return first > 0 ? mean / first : double.NaN;
    }
}

/// <summary>The recall of the class that is recognised worst.</summary>
internal sealed class WorstRecall : IMetric
{
    private readonly List<(int Class, bool IsRight)> seen = [];
    public string Name => "worst-recall";

    public Better Better => Better.Higher;
    public void Begin(int classes) => seen.Clear();
    public void Accumulate(in MetricBatch batch)
    {
        for (int i = 0; i < batch.Count; i++) seen.Add((batch.Labels[i], batch.Predicted(i) == batch.Labels[i]));
    }

    public MetricValue Value() => new(seen.GroupBy(sample => sample.Class).Min(of => of.Average(sample => sample.IsRight ? 1.0 : 0.0)));
}
