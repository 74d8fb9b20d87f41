using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

using Device device = Devices.Best();
DataSets data = Datasets.FashionMnistSmall(device, seed: 42);
using var model = new TwoPaths(classes: 10);
model.Initialize(device, seed: 42);
using var optimizer = new Sgd(model, new Cosine(0.05f, steps: 158), momentum: 0.9f);
using var freeze = new FreezeController(model, optimizer, new WeightChange(), new Never());
for (int epoch = 1; epoch <= 2; epoch++)
{
    // Frozen by hand, and by name: stem and both paths rest, their batch norm keeps its running moments, and only the head costs backward work.
    if (epoch == 2) Console.WriteLine($"{model.Freeze(p => !p.Path.StartsWith("head.", StringComparison.Ordinal))} parameters frozen\n{model.Summary()}");
    foreach (Batch batch in data.Train.Batches(128, epoch))
    {
        using var scope = new Scope();
        Loss.CrossEntropy(model.Forward(batch.Inputs), batch.Labels).Backward();
        freeze.Step();
    }
}
Console.WriteLine($"test accuracy {Metrics.Accuracy(model, data.Test):P2}\n{freeze.Ledger}");

/// <summary>Fine and coarse filters side by side, added in one pass of the normalisation. Children are the units of freezing, in the order of their registration.</summary>
internal sealed class TwoPaths : Module
{
    private readonly Conv2d stem, fine, coarse;
    private readonly BatchNorm norm;
    private readonly Linear head;

    public TwoPaths(int classes)
    {
        stem = Register(nameof(stem), new Conv2d(1, 16, 3, stride: 2, padding: 1, activation: Activation.Relu));
        fine = Register(nameof(fine), new Conv2d(16, 32, 3, padding: 1, bias: false));
        coarse = Register(nameof(coarse), new Conv2d(16, 32, 3, padding: 2, dilation: 2, bias: false));
        norm = Register(nameof(norm), new BatchNorm(32, activation: Activation.Relu));
        head = Register(nameof(head), new Linear(32 * 7 * 7, classes));
    }

    public override Tensor Forward(Tensor input)
    {
        using Tensor x = stem.Forward(input), a = fine.Forward(x), b = coarse.Forward(x);
        using Tensor y = norm.Forward(a, residual: b), pooled = y.MaxPool2d(2);
        return head.Forward(pooled.Reshape([input.Shape[0], 32 * 7 * 7]));
    }
}
