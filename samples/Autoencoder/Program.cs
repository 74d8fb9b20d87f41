using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

const int BatchSize = 128, Epochs = 6;
using Device device = Devices.Best();
DataSets data = Datasets.FashionMnistSmall(device, seed: 42);
int steps = Epochs * data.Train.BatchCount(BatchSize);

// Full training is the control. The other run freezes the encoder when its weights have slowed down, and thaws it when the rate drops, as Egeria does (Wang et al. 2023).
foreach (IFreezeRule rule in (IFreezeRule[])[new Never(), new PrefixPatience(patience: 3, threshold: 0.2)])
{
    using var model = new Sequential(
        ("flatten", new Flatten()),
        ("encoder", new Sequential(("wide", new Linear(784, 256, activation: Activation.Relu)), ("code", new Linear(256, 24)))),
        ("decoder", new Sequential(("wide", new Linear(24, 256, activation: Activation.Relu)), ("image", new Linear(256, 784)))));
    model.Initialize(device, seed: 42);
    using var optimizer = new Sgd(model, new StepDecay(0.4f, every: steps * 2 / 3), momentum: 0.9f) { ClipNorm = 1 };
    // Two units, named after the first part of their parameters' paths; the decoder trains to the end.
    UnitDivision halves = UnitDivision.By(p => p.Path.Split('.')[0]).WithHead("decoder");
    var options = new FreezeOptions { CheckEvery = steps / 40, WarmUpSteps = steps / 10, RateDrop = 5, Units = halves };
    using var freeze = new FreezeController(model, optimizer, new WeightChange(), rule, options: options);
    freeze.UnitChanged += (unit, change) => Console.WriteLine($"  {change}; reconstruction loss {ReconstructionLoss(model, data.Test):F4}");
    Console.WriteLine($"{rule.Name}: {freeze.Options.Units.Describe(freeze.Units)}");
    for (int epoch = 1; epoch <= Epochs; epoch++)
    {
        foreach (Batch batch in data.Train.Batches(BatchSize, epoch))
        {
            using var scope = new Scope();
            Reconstruction(model, batch).Backward();
            freeze.Step();
        }
        freeze.Observe("reconstruction", ReconstructionLoss(model, data.Validation), Better.Lower);
    }
    Console.WriteLine($"  test reconstruction loss {ReconstructionLoss(model, data.Test):F4}, backward operations saved {freeze.Ledger.SavedBackward:P1}, all {freeze.Ledger.SavedTotal:P1}\n");
}

static Tensor Reconstruction(Sequential model, Batch batch) => Loss.MeanSquaredError(model.Forward(batch.Inputs), batch.Inputs.Reshape([batch.Count, 784]));

// Without a graph, so it counts as evaluation and not as training.
static double ReconstructionLoss(Sequential model, DataSet data)
{
    using ModuleModes evaluation = model.EvalScope();
    using GradMode.Restore noGraph = GradMode.Disable();
    double sum = 0;
    foreach (Batch batch in data.Batches(250, epoch: 1))
    {
        using var scope = new Scope();
        sum += Reconstruction(model, batch).Item() * batch.Count;
    }
    return sum / data.Count;
}
