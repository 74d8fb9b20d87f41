using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

// An image is read row by row, as a sequence of 28 vectors. Every third sequence ends early, as sentences do: what lies behind its end is not read.
const int BatchSize = 64, Epochs = 4, Rows = 28;
using Device device = Devices.Best();
DataSets data = Datasets.FashionMnistSmall(device, seed: 42);
using Classifier model = new Classifier(inputs: 28, hidden: 64, classes: 10).Initialize(device, seed: 42);
int steps = Epochs * data.Train.BatchCount(BatchSize);
using var optimizer = new AdamW(model, new WarmUp(steps / 10, new Cosine(0.004f, steps))) { ClipNorm = 1 };
using var freeze = new FreezeController(model, optimizer, new WeightChange(), new Never());
for (int epoch = 1; epoch <= Epochs; epoch++)
{
    // In the last epoch the head alone is trained: the sequences are read, and nothing goes back through them.
    if (epoch == Epochs) model.Lstm.Freeze();
    foreach (Batch batch in data.Train.Batches(BatchSize, epoch))
    {
        using var scope = new Scope();
        Loss.CrossEntropy(model.Forward((batch.Inputs.Reshape(batch.Count, Rows, 28), Lengths(batch))), batch.Labels).Backward();
        freeze.Step();
    }
    Console.WriteLine($"epoch {epoch}: validation {Accuracy(data.Validation):P1}");
}
Console.WriteLine($"test accuracy {Accuracy(data.Test):P1}\n{freeze.Ledger}");

IntTensor Lengths(Batch batch) => IntTensor.From(device, [.. Enumerable.Range(0, batch.Count).Select(i => i % 3 == 0 ? Rows - 4 : Rows)]);

double Accuracy(DataSet set)
{
    using GradMode.Restore noGraph = GradMode.Disable();
    double right = 0;
    foreach (Batch batch in set.Batches(100, epoch: 1))
    {
        using var scope = new Scope();
        right += model.Forward((batch.Inputs.Reshape(batch.Count, Rows, 28), Lengths(batch))).ArgMax(1).ToArray().Zip(batch.Labels.ToArray()).Count(pair => pair.First == pair.Second);
    }
    return right / set.Count;
}

/// <summary>A class for each sequence, from the hidden state after its last step.</summary>
internal sealed class Classifier : Module<(Tensor Sequences, IntTensor Lengths)>
{
    private readonly Linear head;

    public Classifier(int inputs, int hidden, int classes) => (Lstm, head) = (Register(nameof(Lstm), new Lstm(inputs, hidden)), Register(nameof(head), new Linear(hidden, classes)));

    public Lstm Lstm { get; }

    public override Tensor Forward((Tensor Sequences, IntTensor Lengths) input) => head.Forward(Lstm.Forward(input.Sequences, null, input.Lengths).Hidden);
}
