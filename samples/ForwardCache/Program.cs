using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

using Device device = Devices.Best();
DataSets data = Datasets.FashionMnistSmall(device, seed: 42);
using Sequential model = Models.Cnn([28, 28, 1], classes: 10);
model.Initialize(device, seed: 42);
model[0].Freeze();                                                    // conv1 and conv2 stay as they are
model[2].Freeze();
using var optimizer = new Sgd(model, new Cosine(0.02f, steps: 5 * data.Train.BatchCount(128)), momentum: 0.9f) { ClipNorm = 1 };
using var cache = new ForwardCache(new CacheOptions { Samples = data.Train.Count }, Console.WriteLine);
for (int epoch = 1; epoch <= 5; epoch++)
{
    foreach (Batch batch in data.Train.Batches(128, epoch, 0, cache.Has))      // what is kept is not read again
    {
        using var scope = new Scope();
        Loss.CrossEntropy(cache.Forward(model, batch), batch.Labels).Backward();
        optimizer.Step();
        model.ClearGradients();
    }
    Console.WriteLine($"epoch {epoch}: validation {Metrics.Accuracy(model, data.Validation):P1}, {cache.Report.Read} samples read, {cache.Report.Computed} computed");
}
