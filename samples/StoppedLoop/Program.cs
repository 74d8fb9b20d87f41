using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

// A loop of one's own that can be stopped and goes on where it was: the same weights, bit for bit, as if it had been left alone.
const int Epochs = 4;
foreach (string old in Directory.GetFiles(".", "*.checkpoint.safetensors")) File.Delete(old);
float[] alone = Train("alone", until: Epochs);
Train("stopped", until: 2);                   // as if the machine had been switched off here
float[] again = Train("stopped", until: Epochs);
Console.WriteLine(alone.AsSpan().SequenceEqual(again) ? "the same weights, bit for bit" : "other weights");

static float[] Train(string name, int until)
{
    string file = $"{name}.checkpoint.safetensors";
    using var device = new CpuDevice();
    DataSets data = Datasets.FashionMnistSmall(device, seed: 1);
    using var model = new Sequential(
        ("flatten", new Flatten()),
        ("fc1", new Linear(784, 128, activation: Activation.Relu)),
        ("dropout", new Dropout(0.1f)),
        ("fc2", new Linear(128, 128, activation: Activation.Relu)),
        ("head", new Linear(128, 10)));
    model.Initialize(device, seed: 1);
    int stepsAnEpoch = data.Train.BatchCount(128);
    using var optimizer = new Sgd(model, new Cosine(0.05f, Epochs * stepsAnEpoch), momentum: 0.9f);
    using var freeze = new FreezeController(model, optimizer, Policies.Adaptive(), Epochs * stepsAnEpoch);
    // Everything is read and checked before anything is changed. Frozen units stay frozen, dropout draws what it would have drawn.
    if (File.Exists(file)) Checkpoint.Load(file, model, optimizer, ("freeze", freeze));
    int first = (optimizer.StepCount / stepsAnEpoch) + 1;
    for (int epoch = first; epoch <= until; epoch++)
    {
        foreach (Batch batch in data.Train.Batches(128, epoch))       // a function of seed, epoch and index
        {
            using var scope = new Scope();
            Loss.CrossEntropy(model.Forward(batch.Inputs), batch.Labels).Backward();
            freeze.Step();
        }
        freeze.Observe("validation", Metrics.Accuracy(model, data.Validation), Better.Higher);
        Checkpoint.Save(file, model, optimizer, ("freeze", freeze));  // appears whole or not at all
    }
    Console.WriteLine($"{name}: epochs {first} to {until}, frozen {string.Join(", ", freeze.Units.Where(unit => unit.IsFrozen).Select(unit => unit.Path).DefaultIfEmpty("none"))}, test accuracy {100 * Metrics.Accuracy(model, data.Test):F2} %");
    return [.. model.Parameters().SelectMany(parameter => parameter.Value.ToArray())];
}
