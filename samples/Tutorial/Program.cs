using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

// A table of your own, if its file is given; else signals that are made below.
DataSplits splits = args is [string file] ? HostDatasets.Csv(file) : DataSplits.Split(HostDataSet.From(Signals(6000), [64], classes: 3, "signals"));
using Device device = Devices.Best();
DataSets data = DataSets.On(splits, device, seed: 1);
using var model = new SkipNetwork(inputs: splits.SampleShape[0], width: 128, splits.ClassCount);
model.Initialize(device, seed: 1);
const int BatchSize = 64, Epochs = 20;
int steps = Epochs * data.Train.BatchCount(BatchSize);
using var optimizer = new Sgd(model, new Cosine(0.1f, steps), momentum: 0.9f, weightDecay: 1e-4f) { ClipNorm = 1 };
using var log = new RunLog("runs/tutorial", overwrites: true);
var options = new FreezeOptions { CheckEvery = Math.Max(1, steps / 40), WarmUpSteps = steps / 10, Units = UnitDivision.Blocks.WithHead("head") };
using var freeze = new FreezeController(model, optimizer, new Slowing(), new PrefixPatience(patience: 3, threshold: 0.25), log, options);

for (int epoch = 1; epoch <= Epochs; epoch++)
{
    double lossSum = 0;
    foreach (Batch batch in data.Train.Batches(BatchSize, epoch))
    {
        using var scope = new Scope();                                // what the step makes is released here
        Tensor loss = PenalisedLoss(model.Forward(batch.Inputs), batch.Labels, weight: 0.1);
        loss.Backward();
        freeze.Step();                                                // statistics, optimizer.Step(), decision, gradients dropped
        lossSum += loss.Item() * batch.Count;
    }
    LossAndAccuracy found = Metrics.Evaluate(model, data.Validation);
    freeze.Observe("validation", found.Accuracy, Better.Higher);
    int frozen = freeze.Units.Count(unit => unit.IsFrozen);
    log.Write(new MetricRow(optimizer.StepCount, epoch, optimizer.LearningRate, lossSum / data.Train.Count, found.Loss, found.Accuracy, frozen, freeze.Ledger.Seconds));
}
StateDict.Save(model, "runs/tutorial.safetensors");
Console.WriteLine($"test accuracy {Metrics.Accuracy(model, data.Test):P2}\n{string.Join('\n', freeze.Decisions)}\n{freeze.Ledger}");

// Cross entropy plus a part of the mean of Σ p·log p: being certain costs something (Pereyra et al. 2017, arXiv 1701.06548).
static Tensor PenalisedLoss(Tensor logits, IntTensor labels, double weight) =>
    Loss.CrossEntropy(logits, labels) + (weight * (logits.Softmax() * logits.LogSoftmax()).Sum([1]).Mean());

// Sines, squares and saws of random frequency and phase, in noise: 64 values each.
static IEnumerable<(float[] Input, int Label)> Signals(int count)
{
    var random = new RandomStream(1, "signals");
    for (int i = 0; i < count; i++)
    {
        double frequency = 2 + (4 * random.NextDouble()), phase = random.NextDouble();
        yield return ([.. Enumerable.Range(0, 64).Select(t => (float)(Wave(i % 3, ((frequency * t / 64) + phase) % 1) + (2 * random.NextDouble()) - 1))], i % 3);
    }
    static double Wave(int kind, double turn) => kind switch { 0 => Math.Sin(Math.Tau * turn), 1 => turn < 0.5 ? 1 : -1, _ => (2 * turn) - 1 };
}

// Two hidden layers, the second with a way around it. The children are the units that freeze, in the order of their registration.
internal sealed class SkipNetwork : Module
{
    private readonly Linear stem, middle, head;
    public SkipNetwork(int inputs, int width, int classes)
    {
        stem = Register("stem", new Linear(inputs, width, activation: Activation.Relu));
        middle = Register("middle", new Linear(width, width, activation: Activation.Relu));
        head = Register("head", new Linear(width, classes));
    }
    public override Tensor Forward(Tensor input)
    {
        Tensor x = stem.Forward(input);
        return head.Forward(x + middle.Forward(x));
    }
}

// The change of the unit's weights per learning rate since the last check, as a part of what it was at its first check.
internal sealed class Slowing : ICriterion
{
    public string Name => "slowing";
    public string Finished => "its weights have slowed down";
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new WeightDistance()];
    public double Score(UnitHistory history) =>                       // NaN is no opinion: there is nothing to compare with yet
        history.Count >= 2 && WeightDistance.PerRate(history[0]) is > 0 and double first ? WeightDistance.PerRate(history[^1]) / first : double.NaN;
}
