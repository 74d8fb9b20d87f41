using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Operations that were once found wrong, by the case's number, on every device.</summary>
[EverySimdLevel]
public sealed class OperationCaseTests
{
    [Fact]
    public void Case35_TheMeanOfNothingIsNaN() => TestDevices.Each(Case35Means);

    [Fact]
    public void Case35_NoElementsGiveTheSameOnEveryDevice() => TestDevices.Each(Case35Parity);

    [Fact]
    public void Case36_DivisionByANumberIsRoundedOnce() => TestDevices.Each(Case36);

    [Fact]
    public void Case35_ALossRefusesAnEmptyBatch()
    {
        using var device = new ReferenceDevice();
        using var scope = new Scope();
        Tensor none = Tensor.Zeros(device, [0, 3]), alone = Tensor.Zeros(device, [0]);
        IntTensor labels = IntTensor.From(device, []);
        long live = device.Counters.LiveBytes, calls = device.Counters.TotalCalls;
        Refused("mean squared error: an empty batch has no mean loss, found shape (0, 3).", () => none.MeanSquaredError(none));
        Refused("huber: an empty batch has no mean loss, found shape (0).", () => alone.Huber(alone));
        Refused("binary cross entropy: an empty batch has no mean loss, found shape (0, 3).", () => none.BinaryCrossEntropyWithLogits(none));
        Refused("cross entropy: an empty batch has no mean loss, found shape (0, 3).", () => none.CrossEntropy(labels));
        Assert.Equal((live, calls), (device.Counters.LiveBytes, device.Counters.TotalCalls));

        static void Refused(string says, Func<Tensor> loss) => Assert.Equal(says, Assert.Throws<ShapeException>(loss).Message);
    }

    [Fact]
    public void Case55_AConstantWhoseGradientIsWantedIsNamedBeforeAnythingRuns()
    {
        using var device = new ReferenceDevice();
        using var scope = new Scope();
        using var trained = new Parameter("tower.mean", [3]);
        trained.Materialize(device);
        device.Fill(trained.Value.Range, 1);
        Tensor x = Tensor.Full(device, [4, 3], 2), ones = Tensor.Full(device, [3], 1), made = trained.Value * 2;
        IntTensor labels = IntTensor.From(device, [0, 1, 2, 0]);
        long live = device.Counters.LiveBytes, calls = device.Counters.TotalCalls;
        const string Cure = "; freeze the parameter or give a tensor made under GradMode.Disable().";
        foreach (bool training in (bool[])[true, false])
        {
            Refused("batch norm: runningMean is a constant without a gradient, found parameter 'tower.mean', which trains" + Cure, () => x.BatchNorm(ones, ones, trained, ones, training));
            Refused("batch norm: runningVariance is a constant without a gradient, found a tensor computed from parameters that train" + Cure, () => x.BatchNorm(ones, ones, ones, made, training));
        }
        Refused("cross entropy: classWeights is a constant without a gradient, found parameter 'tower.mean', which trains" + Cure, () => x.CrossEntropy(labels, trained));
        Assert.Equal((live, calls), (device.Counters.LiveBytes, device.Counters.TotalCalls));

        trained.IsFrozen = true;
        Assert.Equal([4, 3], x.BatchNorm(ones, ones, trained, ones, true).Shape);
        trained.IsFrozen = false;
        using (GradMode.Disable()) Assert.Equal(Shape.Scalar, x.CrossEntropy(labels, trained).Shape);

        static void Refused(string says, Func<Tensor> operation) => Assert.Equal(says, Assert.Throws<ArgumentException>(operation).Message);
    }

    [Fact]
    public void Case55_TwoDevicesOfOneNameAreToldApart()
    {
        using var first = new ReferenceDevice();
        using var second = new ReferenceDevice();
        using var cpu = new CpuDevice(1);
        using var scope = new Scope();
        Tensor a = Tensor.Zeros(first, [2, 2]), b = Tensor.Zeros(second, [2, 2]), c = Tensor.Zeros(cpu, [2, 2]);
        const string Same = "on another device that is called reference too; tensors meet only on the device they were made on, so make one and give it to all.";
        Refused("add: input 1 is " + Same, () => _ = a + b);
        Refused("linear: input 2 is on cpu, expected reference.", () => a.Linear(a, Tensor.Zeros(cpu, [2])));
        Refused("multiply: input 1 is on reference, expected cpu.", () => _ = c * a);
        // Primitives name the range.
        Refused("Zip: b is " + Same, () => first.Zip(AddFunction.Kernel, new ZipLayout([2, 2], [2, 2], "add"), a.Range, b.Range, a.Range));
        Refused("Gemm: c is on cpu, expected reference.", () => first.Gemm(GemmShape.Of(2, 2, 2), a.Range, a.Range, c.Range));
        Refused("Zip: a has 4 elements, expected 6.", () => first.Zip(AddFunction.Kernel, new ZipLayout([2, 3], [2, 1], "add"), a.Range, a.Range, a.Range));
        Refused("CrossEntropy: labels is of kind Real, expected Int32.", () => first.CrossEntropy(new CrossEntropyShape(2, 2, 0, -1), a.Range, a.Range.Slice(0, 2), null, a.Range.Slice(0, 1), null));
        Refused("Copy: y is of kind Real, expected Int32.", () => first.Copy(IntTensor.From(first, [1, 2, 3, 4]).Range, a.Range));
        Refused("Softmax: x has 0 elements, expected 4294967296.", () => first.Softmax(65536, 65536, a.Range.Slice(0, 0), a.Range.Slice(0, 0)));
        Refused("Fill: y is the range 3+2 outside a storage of 4 elements.", () => first.Fill(new TensorRange(a.Range.Storage, 3, 2), 0));
        Refused("Map: x is missing.", () => first.Map(MapKernels.Exp, default, a.Range));

        static void Refused(string says, Action call) => Assert.Equal(says, Assert.ThrowsAny<ArgumentException>(call).Message);
    }

    internal static void Case35Means(Device device)
    {
        using var scope = new Scope();
        foreach ((Shape shape, int[] axes, int count) in ((Shape, int[], int)[])[([2, 0], [1], 2), ([0], [0], 1), ([3, 0, 2], [1], 6), ([0, 2], [0], 2), ([2, 0], [0, 1], 1), ([0, 3], [1], 0), ([2, 0], [0], 0)])
        {
            Tensor none = Tensor.Zeros(device, shape);
            Assert.Equal(Enumerable.Repeat(double.NaN, count), Networks.Values(none.Mean(axes)));
            Assert.Equal(Enumerable.Repeat(0.0, count), Networks.Values(none.Sum(axes)));
        }
        Assert.Equal([double.NaN], Networks.Values(Tensor.Zeros(device, [2, 0]).Mean()));
    }

    /// <summary>Every operation that takes tensors without elements gives what the reference gives, forward and backward.</summary>
    internal static void Case35Parity(Device device)
    {
        using var reference = new ReferenceDevice();
        foreach ((string name, Shape shape, Func<Tensor, Tensor> operation) in Empties())
        {
            (double[] y, double[] dx) = Run(reference);
            (double[] found, double[] slope) = Run(device);
            Assert.True(y.SequenceEqual(found), $"{name} of {shape} on {device.Name}: {string.Join(' ', found)}, expected {string.Join(' ', y)}");
            Assert.True(dx.SequenceEqual(slope), $"{name} of {shape} on {device.Name}: gradient {string.Join(' ', slope)}, expected {string.Join(' ', dx)}");

            (double[] Y, double[] Dx) Run(Device on)
            {
                using var scope = new Scope();
                using var x = new Parameter("x", shape);
                x.Materialize(on);
                Tensor result = operation(x);
                result.Backward(Tensor.Full(on, result.Shape, 1), ParameterSink.Instance);
                return (Networks.Values(result), Networks.Values(x.Grad!));
            }
        }
    }

    /// <summary>a / c is the quotient's nearest neighbour in the device's precision, and so is its gradient; 1 / c may be infinite or 0.</summary>
    internal static void Case36(Device device)
    {
        (double A, double C)[] quotients = [(3, 5), (1, 3), (7, 10), (2, 49), (-5, 0.3), (0, 1e-39), (1e-30, 1e-39), (0, 1e39), (1e38, -1e38), (1, 0), (0, 0), (double.PositiveInfinity, 2)];
        foreach ((double a, double c) in quotients)
        {
            using var scope = new Scope();
            using var x = new Parameter("x", [9]);
            x.Materialize(device);
            device.Fill(x.Value.Range, a);
            Tensor y = x.Value / c;
            double expected = device is ReferenceDevice ? a / c : (float)a / (float)c;
            Assert.All(Networks.Values(y), value => Assert.Equal(expected, value));
            y.Backward(Tensor.Full(device, [9], a), ParameterSink.Instance);
            Assert.All(Networks.Values(x.Grad!), value => Assert.Equal(expected, value));
        }
    }

    private static IEnumerable<(string Name, Shape Shape, Func<Tensor, Tensor> Operation)> Empties()
    {
        Shape[] shapes = [[0], [0, 3], [3, 0], [2, 0, 3]];
        (string, Func<Tensor, Tensor>)[] any =
        [
            ("exp", x => x.Exp()), ("divide by scalar", x => x / 3), ("gelu", x => x.Gelu()), ("dropout", x => x.Dropout(new DropoutKey(1, 2, 0.5f))), ("sum", x => x.Sum()), ("mean", x => x.Mean()),
            ("add", x => x + Tensor.Full(x.Device, [1], 2)), ("multiply itself", x => x * x), ("maximum", x => Tensor.Maximum(x, Tensor.Zeros(x.Device, []))), ("flat", x => x.Reshape([0])),
            ("concatenated", x => Tensor.Concatenate(0, x, x)), ("sum of the outermost", x => x.Sum([0])), ("mean of the outermost", x => x.Mean([0])), ("sum of the innermost", x => x.Sum([-1])), ("mean of the innermost", x => x.Mean([-1])),
        ];
        foreach ((string name, Func<Tensor, Tensor> operation) in any)
        {
            foreach (Shape shape in shapes) yield return (name, shape, operation);
        }
        yield return ("softmax", [0, 3], x => x.Softmax());
        yield return ("log softmax", [2, 0, 3], x => x.LogSoftmax());
        yield return ("max of rows", [0, 3], x => x.Max([1]));
        yield return ("rows added to", [0, 3], x => x + Tensor.Full(x.Device, [4, 1, 3], 1));
        yield return ("product without rows", [0, 3], x => x.MatMul(Tensor.Full(x.Device, [3, 2], 1)));
        yield return ("product without columns", [3, 0], x => x.MatMul(x, transposeThis: true));
        yield return ("product without depth", [3, 0], x => x.MatMul(x, transposeOther: true));
        yield return ("products without a batch", [0, 2, 3], x => x.MatMul(Tensor.Full(x.Device, [3, 2], 1)));
        yield return ("a weight that served no product", [3, 2], x => Tensor.Zeros(x.Device, [0, 2, 3]).MatMul(x));
        yield return ("linear without rows", [0, 3], x => x.Linear(Tensor.Full(x.Device, [2, 3], 1), Tensor.Full(x.Device, [2], 1), Activation.Tanh));
        yield return ("linear without inputs", [3, 0], x => x.Linear(Tensor.Zeros(x.Device, [2, 0]), Tensor.Full(x.Device, [2], 1), Activation.Relu));
        yield return ("the bias of linear without rows", [2], x => Tensor.Zeros(x.Device, [0, 3]).Linear(Tensor.Full(x.Device, [2, 3], 1), x));
        yield return ("conv2d without images", [0, 5, 5, 2], x => x.Conv2d(Tensor.Full(x.Device, [3, 3, 3, 2], 1), Tensor.Full(x.Device, [3], 1), padding: 1));
        yield return ("the weight of conv2d without images", [3, 3, 3, 2], x => Tensor.Zeros(x.Device, [0, 5, 5, 2]).Conv2d(x, padding: 1));
        yield return ("max pool without images", [0, 4, 4, 2], x => x.MaxPool2d(2));
        yield return ("average pool without images", [0, 4, 4, 2], x => x.AveragePool2d(2));
        yield return ("average pool without channels", [2, 4, 4, 0], x => x.AveragePool2d(2));
        yield return ("global average pool without images", [0, 4, 4, 2], x => x.GlobalAveragePool());
        yield return ("padded", [0, 3], x => x.Pad([1, 0], [0, 2]));
        yield return ("permuted", [2, 0, 3], x => x.Permute(2, 0, 1));
        yield return ("every second", [0, 3], x => x.Slice(1, 0, 3, 2));
        yield return ("a table without rows", [0, 3], x => x.Embedding(IntTensor.From(x.Device, [])));
        yield return ("a table without columns", [3, 0], x => x.Embedding(IntTensor.From(x.Device, [0, 2])));
    }
}

/// <summary>The same on OpenCL.</summary>
[Collection("gpu")]
public sealed class OperationCaseOpenClTests(GpuFixture fixture)
{
    [Fact]
    public void Case35_TheMeanOfNothingIsNaN() => OperationCaseTests.Case35Means(fixture.OpenCl);

    [Fact]
    public void Case35_NoElementsGiveTheSameOnEveryDevice() => OperationCaseTests.Case35Parity(fixture.OpenCl);

    [Fact]
    public void Case36_DivisionByANumberIsRoundedOnce() => OperationCaseTests.Case36(fixture.OpenCl);
}
