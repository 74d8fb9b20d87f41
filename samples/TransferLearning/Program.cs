using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

const int Labels = 100, BatchSize = 10, Epochs = 20, Steps = Epochs * Labels / BatchSize, Draws = 3;
using Device device = Devices.Best();
DataSplits all = HostDatasets.FashionMnistSmall(), target = all.WithClasses(5, 6, 7, 8, 9);
DataSets source = DataSets.On(all.WithClasses(0, 1, 2, 3, 4), device, seed: 42);
using Sequential model = Models.Cnn([28, 28, 1], classes: 5, first: 8, second: 16, hidden: 64);      // units conv1, conv2, fc1, head
model.Initialize(device, seed: 42);
using TensorCopy fresh = TensorCopy.Of(model), freshHead = TensorCopy.Of(model[^1]), pretrained = TensorCopy.Of(model);
fresh.Take();
freshHead.Take();
var never = new Policy(new WeightChange(), new Never(), _ => FreezeOptions.WithoutTriggers with { CheckEvery = 10 });
Console.WriteLine($"pretrained on classes 0 to 4: test accuracy {Train(source, never, batchSize: 64, epochs: 5).Accuracy:P2}");
freshHead.Restore();                                                  // the new classes' head knows nothing of the old ones
pretrained.Take();

(string Name, TensorCopy Start, Policy Policy)[] ways =
[
    ("from scratch", fresh, never),
    ("everything trains", pretrained, never),
    ("head only", pretrained, never with { Rule = new Static(3) }),
    ("gradual", pretrained, never with { Rule = new Phases([1, 2, 3, 4], new PhaseEnd(Steps: Steps / 4)) }),
    ("adaptive", pretrained, new RunCatalogues().Policies.Create("adaptive")),
];
// No way sees a validation label: there are none but the few.
Console.WriteLine($"classes 5 to 9 from {Labels} labels, mean of {Draws} draws of them, {Steps} steps each");
Console.WriteLine($"{"",-18}{"test accuracy",14}{"lowest",10}{"highest",10}{"backward saved",16}{"seconds",10}");
foreach ((string name, TensorCopy start, Policy policy) in ways)
{
    var runs = new List<(double Accuracy, double Saved, double Seconds)>();
    for (int draw = 0; draw < Draws; draw++)
    {
        HostDataSet few = target.Train.Select([.. Enumerable.Range(draw * Labels, Labels)]);      // the file's order is random
        start.Restore();
        runs.Add(Train(DataSets.On(new DataSplits("few", few, target.Validation, target.Test), device, seed: 42), policy, BatchSize, Epochs));
    }
    double accuracy = runs.Average(run => run.Accuracy), low = runs.Min(run => run.Accuracy), high = runs.Max(run => run.Accuracy);
    Console.WriteLine($"{name,-18}{accuracy,14:P2}{low,10:P2}{high,10:P2}{runs.Average(run => run.Saved),16:P1}{runs.Average(run => run.Seconds),10:F2}");
}

(double Accuracy, double Saved, double Seconds) Train(DataSets data, Policy policy, int batchSize, int epochs)
{
    int steps = epochs * data.Train.BatchCount(batchSize);
    model.Unfreeze();
    using var optimizer = new Sgd(model, new Cosine(0.02f, steps), momentum: 0.9f);
    using var freeze = new FreezeController(model, optimizer, policy.Criterion, policy.Rule, options: policy.Options(steps));
    foreach (Batch batch in Enumerable.Range(1, epochs).SelectMany(epoch => data.Train.Batches(batchSize, epoch)))
    {
        using var scope = new Scope();
        Tensor Forward() => Loss.CrossEntropy(model.Forward(batch.Inputs), batch.Labels);
        if (optimizer.StepCount == 0) freeze.Measure(Forward);        // a full step's cost, for runs that freeze before their first
        Forward().Backward();
        freeze.Step();
    }
    return (Metrics.Accuracy(model, data.Test), freeze.Ledger.SavedBackward, freeze.Ledger.Seconds);
}
