#:package ResearchFreeze.Training@0.1.0
using System.Runtime.CompilerServices;
using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

// dotnet run app.cs [-- DEVICE]: trains a few steps from the packages alone.
Console.WriteLine($"dynamic code {RuntimeFeature.IsDynamicCodeSupported}");
using Device device = Devices.Create(args.Length > 0 ? args[0] : "cpu");
DataSets data = Datasets.FashionMnistSmall(device, seed: 42);
using var model = new Sequential(("flatten", new Flatten()), ("fc", new Linear(784, 32, activation: Activation.Relu)), ("head", new Linear(32, 10)));
model.Initialize(device, seed: 42);
using var optimizer = new Sgd(model, new Constant(0.05f), momentum: 0.9f);
using var freeze = new FreezeController(model, optimizer, new WeightChange(), new Never());
foreach (Batch batch in data.Train.Batches(128, epoch: 1).Take(40))
{
    using var scope = new Scope();
    Loss.CrossEntropy(model.Forward(batch.Inputs), batch.Labels).Backward();
    freeze.Step();
}
Console.WriteLine($"device {device.Name}\naccuracy {Metrics.Accuracy(model, data.Test):F4}");
