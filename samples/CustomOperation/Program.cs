using System.Numerics;
using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

using Device device = Devices.Best();
var spec = new OperationSpec("squared-gate", c =>
{
    Shape shape = c.Add(c.Add(c.Shape(rank: 2, most: 7)));                      // a and b, of one shape
    c.Apply = inputs => new SquaredGate().Apply([.. inputs]);
    c.SavedElements = wanted => shape.Count * wanted.Count;                     // one tensor for each wanted gradient
    c.BackwardCalls = wanted => wanted.Count;
});
Console.WriteLine($"largest error of a gradient {spec.Verify([device], cases: 20, seed: 1):E1}");
DataSets data = Datasets.FashionMnistSmall(device, seed: 42);
using var model = new Sequential(("flatten", new Flatten()), ("gated", new Gated(784, 64)), ("head", new Linear(64, 10)));
model.Initialize(device, seed: 42);
using var optimizer = new Sgd(model, new Cosine(0.01f, steps: 158), momentum: 0.9f) { ClipNorm = 1 };
foreach (Batch batch in data.Train.Batches(128, epoch: 1).Concat(data.Train.Batches(128, epoch: 2)))
{
    using (new Scope()) Loss.CrossEntropy(model.Forward(batch.Inputs), batch.Labels).Backward();
    optimizer.Step();
    model.ClearGradients();
}
Console.WriteLine($"test accuracy {Metrics.Accuracy(model, data.Test):P2}");

// a·r·(constant + slope·r), r = max(0, b), for every device: the reference and GPU kernels use the scalar form, the CPU the vectors. Public: ILGPU's code names it.
public readonly struct Gate<T>(T constant, T slope) : IZipOp<T> where T : unmanaged, INumber<T>
{
    public T Apply(T a, T b) => b > T.Zero ? a * b * (constant + (slope * b)) : T.Zero;
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => a * Vector.Max(b, Vector<T>.Zero) * (new Vector<T>(constant) + (new Vector<T>(slope) * b));
}

// y = a·r²: a gated linear unit (Shazeer 2020) with Primer's squared ReLU (So et al. 2021). da = dy·r², db = dy·2ar: kept only if the gradient of b is wanted.
internal sealed class SquaredGate : Function
{
    private static readonly ZipKernel Square = ZipKernel.Of("squared-gate", new Gate<double>(0, 1), new Gate<float>(0, 1));
    private static readonly ZipKernel Twice = ZipKernel.Of("twice-gate", new Gate<double>(2, 0), new Gate<float>(2, 0));
    private static readonly ZipKernel Product = ZipKernel.Of("product", new MultiplyOp<double>(), new MultiplyOp<float>());
    public override string Name => "squared-gate";
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        (TensorBase a, TensorBase b, Tensor y) = (inputs[0], inputs[1], context.Result(inputs[0].Shape));
        var layout = new ZipLayout(y.Shape, b.Shape, Name);
        context.Device.Zip(Square, layout, a.Range, b.Range, y.Range);
        context.Save(0, b, usedBy: InputSet.Of(0));
        if (context.TryReserve(1, y.Shape, usedBy: InputSet.Of(1)) is { } slope) context.Device.Zip(Twice, layout, a.Range, b.Range, slope);
        return y;
    }
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx) =>
        context.Device.Zip(input == 0 ? Square : Product, new ZipLayout(dy.Shape, dy.Shape, Name), dy.Range, context.Saved(input).Range, dx.Open(out float beta), beta);
}

internal sealed class Gated : Module
{
    private readonly Linear value, gate;
    public Gated(int inputs, int outputs) => (value, gate) = (Register(nameof(value), new Linear(inputs, outputs)), Register(nameof(gate), new Linear(inputs, outputs)));
    public override Tensor Forward(Tensor input) => new SquaredGate().Apply(value.Forward(input), gate.Forward(input));    // a and b go with the step's scope
}
