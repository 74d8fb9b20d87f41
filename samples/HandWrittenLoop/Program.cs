using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

using Device device = Devices.Best();
DataSets data = Datasets.FashionMnistSmall(device, seed: 42);         // train, validation, test
using var model = new Sequential(
    ("flatten", new Flatten()),
    ("fc1", new Linear(784, 256, activation: Activation.Relu)),
    ("fc2", new Linear(256, 256, activation: Activation.Relu)),
    ("head", new Linear(256, 10)));
model.Initialize(device, seed: 42);                                   // keyed by (seed, path)
using var optimizer = new Sgd(model, new Cosine(0.05f, steps: 790), momentum: 0.9f);
using var log = new RunLog("runs/hand-written", overwrites: true);
using var freeze = new FreezeController(model, optimizer, new WeightChange(), new PrefixPatience(2), log);
for (int epoch = 1; epoch <= 10; epoch++)
{
    foreach (Batch batch in data.Train.Batches(128, epoch))
    {
        using var scope = new Scope();
        Tensor loss = Loss.CrossEntropy(model.Forward(batch.Inputs), batch.Labels);
        loss.Backward();
        freeze.Step();                        // statistics, optimizer.Step, decide, drop gradients
    }
    freeze.Observe("validation", Metrics.Accuracy(model, data.Validation), Better.Higher);
}
Console.WriteLine($"{Metrics.Accuracy(model, data.Test):P2}\n{freeze.Ledger}");
