using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

using Device device = Devices.Best();
DataSets data = Datasets.FashionMnistSmall(device, seed: 42);
foreach (IFreezeRule rule in (IFreezeRule[])[new Never(), new PrefixPatience(patience: 3, threshold: 0.75)])
{
    using Sequential model = Models.Mlp(784, 128, 128, 10);           // units fc1, fc2 and fc3, the head
    model.Initialize(device, seed: 42);
    using var optimizer = new Sgd(model, new Cosine(0.05f, steps: 790), momentum: 0.9f);
    using var freeze = new FreezeController(model, optimizer, new SignConsistency(weight: 0.01f), rule);
    foreach (Batch batch in Enumerable.Range(1, 10).SelectMany(epoch => data.Train.Batches(128, epoch)))
    {
        using (new Scope()) Loss.CrossEntropy(model.Forward(batch.Inputs), batch.Labels).Backward();
        freeze.Step();
    }
    Console.WriteLine($"{rule.Name}: test accuracy {Metrics.Accuracy(model, data.Test):P2}\n{string.Join('\n', freeze.Decisions.Append<object>(freeze.Ledger))}\n");
}

// Whether a gradient's elements keep their signs from step to step, as a multiple of what noise gives: below 1 they alternate.
internal sealed class SignConsistency(float weight) : ICriterion
{
    private readonly SignAgreement agreement = new(weight);
    private readonly double noise = Math.Sqrt(weight / (2 - weight));     // what Gaussian noise gives
    public string Name => "sign-consistency";
    public IReadOnlyList<UnitStatistic> Statistics => [agreement];
    public double Score(UnitHistory history) =>                       // NaN, no opinion, for a first observation and where there is no gradient
        history.Count >= 2 && history[^1].Of(agreement.Key) is [double agreeing, double all] && all > 0 ? agreeing / all / noise : double.NaN;
}

// Σ|average of g| and Σ average of |g| over the unit's scalars, moving averages over steps: two passes over the weights a step.
internal sealed class SignAgreement(float weight) : UnitStatistic
{
    public override string Key => FormattableString.Invariant($"sign-agreement-{weight}");      // equal keys are measured once
    public override Reads Reads => Reads.Gradient;
    public override IReadOnlyList<string> Values { get; } = ["agreeing", "all"];
    public override void Accumulate(StepView step)
    {
        foreach (Parameter parameter in step.Parameters)
        {
            if (parameter.Grad is not { } gradient) continue;
            using Tensor size = gradient.Abs();                       // no graph: the controller has switched it off
            step.State(parameter, "sign-mean").Lerp(gradient, weight);     // the statistic's own, whatever others call theirs
            step.State(parameter, "sign-size").Lerp(size, weight);
        }
    }
    public override void Read(StepView step, TensorRange values)
    {
        step.Device.Fill(values, 0);
        foreach (Parameter parameter in step.Parameters)
        {
            TensorRange mean = step.State(parameter, "sign-mean").Range, size = step.State(parameter, "sign-size").Range;
            step.AddNorm(NormKind.L1, mean, mean, values.Slice(0, 1), beta: 1);     // taken together with those of all units
            step.AddNorm(NormKind.L1, size, size, values.Slice(1, 1), beta: 1);
        }
    }
}
