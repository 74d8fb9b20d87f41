using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

const int BatchSize = 128, Epochs = 8;
using Device device = Devices.Best();
DataSets data = Datasets.FashionMnistSmall(device, seed: 42);
using var model = new TwoTowers(width: 128, embedding: 32);
model.Initialize(device, seed: 42);
using var optimizer = new Sgd(model, new Cosine(0.2f, Epochs * data.Train.BatchCount(BatchSize)), momentum: 0.9f) { ClipNorm = 1 };
using var freeze = new FreezeController(model, optimizer, new WeightChange(), new Never(), options: new FreezeOptions { Units = UnitDivision.By(p => p.Path.Split('.')[0]) });
for (int epoch = 1; epoch <= Epochs; epoch++)
{
    // From here on the lower tower learns to match the upper one, which stays as it is (locked tuning, Zhai et al. 2022). By hand: the controller leaves it so.
    if (epoch == 1 + (Epochs / 2)) model.Upper.Freeze();
    foreach (Batch batch in data.Train.Batches(BatchSize, epoch))
    {
        using var scope = new Scope();
        Contrast(model.Forward(Halves(batch))).Backward();
        freeze.Step();
    }
    Console.WriteLine($"epoch {epoch}: {string.Join(", ", freeze.Units.Where(unit => !unit.IsFrozen).Select(unit => unit.Path))} trained; right half found among 100: {Found(model, data.Validation):P1}");
}
Console.WriteLine($"test: right half found among 100: {Found(model, data.Test):P1}\n{freeze.Ledger}");

// The two inputs: the upper and the lower half of each image, as vectors.
static (Tensor Upper, Tensor Lower) Halves(Batch batch) =>
    (batch.Inputs.Slice(axis: 1, 0, 14).Reshape([batch.Count, 392]), batch.Inputs.Slice(axis: 1, 14, 28).Reshape([batch.Count, 392]));

// Which lower half belongs to an upper one, and the other way round: cross entropy along rows and columns (InfoNCE, van den Oord et al. 2018; both ways as in CLIP, Radford et al. 2021).
static Tensor Contrast(Tensor similarity)
{
    IntTensor own = IntTensor.From(similarity.Device, [.. Enumerable.Range(0, similarity.Shape[0])]);
    return 0.5 * (Loss.CrossEntropy(similarity, own) + Loss.CrossEntropy(similarity.Permute(1, 0), own));
}

static double Found(TwoTowers model, DataSet data)
{
    using GradMode.Restore noGraph = GradMode.Disable();
    int right = 0;
    foreach (Batch batch in data.Batches(100, epoch: 1))
    {
        using var scope = new Scope();
        float[] rows = model.Forward(Halves(batch)).ToArray();
        for (int i = 0; i < batch.Count; i++)
        {
            float[] row = rows[(i * batch.Count)..((i + 1) * batch.Count)];
            if (row[i] == row.Max()) right++;
        }
    }
    return right / (double)data.Count;
}

/// <summary>Two networks that share nothing. The output is the cosine of every upper embedding with every lower one, divided by a temperature.</summary>
internal sealed class TwoTowers : Module<(Tensor Upper, Tensor Lower)>
{
    private const double Temperature = 0.1;

    public TwoTowers(int width, int embedding) => (Upper, Lower) = (Register("upper", Tower(width, embedding)), Register("lower", Tower(width, embedding)));
    public Sequential Upper { get; }
    public Sequential Lower { get; }

    public override Tensor Forward((Tensor Upper, Tensor Lower) input) =>
        Unit(Upper.Forward(input.Upper)).MatMul(Unit(Lower.Forward(input.Lower)), transposeOther: true) / Temperature;

    private static Tensor Unit(Tensor x) => x / (x.Square().Sum([1], keepAxes: true) + 1e-12).Sqrt();
    private static Sequential Tower(int width, int embedding) => new(("hidden", new Linear(392, width, activation: Activation.Relu)), ("embedding", new Linear(width, embedding)));
}
