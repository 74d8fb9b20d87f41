using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>What difference quotients cannot show: ties, bounds, bases below zero, large arguments; and what is refused.</summary>
[EverySimdLevel]
public sealed class OperationEdgeTests
{
    private const double NaN = double.NaN;

    [Fact]
    public void KinksAreResolvedAsDocumented()
    {
        Check("abs at 0", x => x.Abs(), [-2, 0, 3], [2, 0, 3], [-1, 0, 1]);
        Check("clamp at its bounds", x => x.Clamp(-1, 2), [-1.5, -1, 0, 2, 2.5], [-1, -1, 0, 2, 2], [0, 1, 1, 1, 0]);
        Check("leaky relu at 0", x => x.LeakyRelu(0.25), [-4, 0, 4], [-1, 0, 4], [0.25, 0.25, 1]);
        Check("max of equals", x => x.Max(), [1, 3, 3, 2], [3], [0, 1, 0, 0]);
        Check("maximum of equals", x => Tensor.Maximum(x, Tensor.Full(x.Device, [3], 2)), [1, 2, 3], [2, 2, 3], [0, 0.5, 1]);
        Check("minimum of equals", x => Tensor.Minimum(x, Tensor.Full(x.Device, [3], 2)), [1, 2, 3], [1, 2, 2], [1, 0.5, 0]);
        Check("elu at 0", x => x.Elu(0.5), [-1e-4, 0, 2], [-0.5 * 9.999500016666e-5, 0, 2], [0.49995000249991667, 0.5, 1], 1e-6);
        Check("hard sigmoid at ±3", x => x.HardSigmoid(), [-4, -3, 0, 3, 4], [0, 0, 0.5, 1, 1], [0, 0, 1.0 / 6, 0, 0], 1e-6);
        Check("hard swish at ±3", x => x.HardSwish(), [-4, -3, 0, 3, 4], [0, 0, 0, 3, 4], [0, -0.5, 0.5, 1.5, 1], 1e-6);
        Check("prelu at 0", x => x.PRelu(Tensor.Full(x.Device, [3], 0.25)), [-4, 0, 4], [-1, 0, 4], [0.25, 0.25, 1]);
        Check("huber at delta", x => x.Huber(Tensor.Zeros(x.Device, [4]), 1) * 4, [-3, -1, 0.5, 2], [2.5 + 0.5 + 0.125 + 1.5], [-1, -1, 0.5, 1]);
    }

    [Fact]
    public void PowersOfNegativeNumbersAndOfZero()
    {
        Check("x³", x => x.Pow(3), [-2, 0, 2], [-8, 0, 8], [12, 0, 12]);
        Check("x⁻²", x => x.Pow(-2), [-2, 4], [0.25, 0.0625], [0.25, -0.03125]);
        Check("x⁰", x => x.Pow(0), [-2, 0, 2], [1, 1, 1], [0, 0, 0]);
        Check("√x", x => x.Pow(0.5), [4, 0.25], [2, 0.5], [0.25, 1]);
        Check("√−1", x => x.Pow(0.5), [-1], [NaN], [NaN]);
        Check("√0", x => x.Pow(0.5), [0], [0], [double.PositiveInfinity]);
        Check("x^2.5", x => x.Pow(2.5), [0, 4, 10000], [0, 32, 1e10], [0, 20, 2.5e6]);
        // Beyond 32 factors: even and odd, and more than an integer holds.
        Check("x³³", x => x.Pow(33), [-1.1, -1, 0, 1.1], [-23.22515441988787, -1, 0, 23.22515441988787], [696.7546325966361, 33, 0, 696.7546325966361], 3e-6);
        Check("x⁻³⁴", x => x.Pow(-34), [-2, 1], [5.820766091346741e-11, 1], [9.895302355289459e-10, -34], 3e-6);
        Check("x^(10¹⁰)", x => x.Pow(1e10), [-1, 0, 0.5, 1], [1, 0, 0, 1], [-1e10, 0, 0, 1e10]);
    }

    [Fact]
    public void PowersOfTensorsAreThoseOfNumbers()
    {
        Check("exponents", x => x.Pow(Tensor.From(x.Device, [3, 2, 0, -1, 0.5], [5])), [-2, 0, 0, 4, -1], [-8, 0, 1, 0.25, NaN], [12, 0, 0, -0.0625, NaN], 3e-6);
        Check("bases", x => Tensor.From(x.Device, [2, 0, 1], [3]).Pow(x), [3, 2, 5], [8, 0, 1], [8 * Math.Log(2), 0, 0], 3e-6);
    }

    /// <summary>On every device, for numbers, equals, infinities and what is no number; none passes a gradient.</summary>
    [Fact]
    public void ComparisonsAreOneAndZero()
    {
        const double Infinity = double.PositiveInfinity;
        double[] a = [1, 2, 2, NaN, NaN, Infinity, -Infinity, 0], b = [2, 1, 2, 1, NaN, Infinity, 0, -0.0];
        (string Name, Func<Tensor, Tensor, Tensor> Apply, double[] Expected)[] cases =
        [
            (">", (x, y) => x > y, [0, 1, 0, 0, 0, 0, 0, 0]), (">=", (x, y) => x >= y, [0, 1, 1, 0, 0, 1, 0, 1]),
            ("<", (x, y) => x < y, [1, 0, 0, 0, 0, 0, 1, 0]), ("<=", (x, y) => x <= y, [1, 0, 1, 0, 0, 1, 1, 1]),
            ("equal", (x, y) => x.EqualTo(y), [0, 0, 1, 0, 0, 1, 0, 1]), ("not equal", (x, y) => x.NotEqualTo(y), [1, 1, 0, 1, 1, 0, 1, 0]),
            ("> 1", (x, _) => x > 1, [0, 1, 1, 0, 0, 1, 0, 0]), ("<= 1", (x, _) => x <= 1, [1, 0, 0, 0, 0, 0, 1, 1]), ("< 2", (x, _) => x < 2, [1, 0, 0, 0, 0, 0, 1, 1]), (">= 2", (x, _) => x >= 2, [0, 1, 1, 0, 0, 1, 0, 0]),
            ("= 2", (x, _) => x.EqualTo(2), [0, 1, 1, 0, 0, 0, 0, 0]), ("≠ 2", (x, _) => x.NotEqualTo(2), [1, 0, 0, 1, 1, 1, 1, 1]), ("not", (x, _) => !x, [0, 0, 0, 0, 0, 0, 0, 1]),
            ("and", (x, y) => x & y, [1, 1, 1, 1, 1, 1, 0, 0]), ("or", (x, y) => x | y, [1, 1, 1, 1, 1, 1, 1, 0]), ("xor", (x, y) => x ^ y, [0, 0, 0, 0, 0, 0, 1, 0]),
            ("where", (x, y) => x.Where(x > y, y), [2, 2, 2, 1, NaN, Infinity, 0, 0]), ("sign", (x, _) => x.Sign(), [1, 1, 1, NaN, NaN, 1, -1, 0]),
        ];
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            using var scope = new Scope();
            Tensor x = Tensor.From(device, a, [8]), y = Tensor.From(device, b, [8]);
            foreach ((string name, Func<Tensor, Tensor, Tensor> apply, double[] expected) in cases)
            {
                double[] found = apply(x, y).ToDoubles();
                for (int i = 0; i < found.Length; i++) Assert.True(expected[i].Equals(found[i]) || expected[i] == found[i], $"{name} on {device.Name}: element {i} is {found[i]}, expected {expected[i]}");
            }
            Tensor leaf = x.AsLeaf();
            Assert.False((leaf > 1).RequiresGrad);
            Assert.False(leaf.Floor().RequiresGrad);
            Assert.True(leaf.Where(leaf > 1, y).RequiresGrad);
            Assert.Throws<ArgumentException>(() => x.Where(leaf, y));
        }
    }

    [Fact]
    public void NumbersAreRoundedAsDocumented()
    {
        double[] x = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4, -2.6, 8388609, -8388611];
        Values("floor", t => t.Floor(), x, [-3, -2, -1, 0, 1, 2, 2, -3, 8388609, -8388611]);
        Values("ceiling", t => t.Ceiling(), x, [-2, -1, 0, 1, 2, 3, 3, -2, 8388609, -8388611]);
        Values("round", t => t.Round(), x, [-2, -2, 0, 0, 2, 2, 2, -3, 8388609, -8388611]);
        Values("1 − x, 1 / x", t => (1 - t) * (1 / t), [4, -0.5], [-0.75, -3]);
    }

    [Fact]
    public void PlacesAreThoseByHand()
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            using var scope = new Scope();
            Tensor x = Tensor.From(device, [3, 1, 3, 2, NaN, 5, 0, 0, 7, -1, 7, 7], [3, 4]);
            Assert.Equal([0, 0, 0], x.ArgMax(1).ToArray());
            Assert.Equal([1, 1, 2, 2], x.ArgMax(0).ToArray());
            // The first of equals, and what is no number before all.
            Assert.Equal([1, 2, 1, 1], x.ArgMin(0, keepAxis: true).ToArray());
            Assert.Equal(new Shape(3, 1), x.ArgMax(-1, keepAxis: true).Shape);
            Assert.Equal(new Shape(0), x.Slice(1, 0, 0).ArgMax(0).Shape);
            Assert.Throws<ShapeException>(() => x.Slice(1, 0, 0).ArgMax(1));
            (Tensor values, IntTensor indices) = x.TopK(3);
            Assert.Equal([0, 2, 3, 0, 1, 2, 0, 2, 3], indices.ToArray());
            Assert.Equal([3, 3, 2, NaN, 5, 0, 7, 7, 7], values.ToDoubles());
            Assert.Equal([0, 1, 0, 0, 0, 1], IntTensor.From(device, [1, 2]).OneHot(3).ToDoubles());
            Assert.Equal([2, 3, 0, 0, 7, 7], x.Take(1, IntTensor.From(device, [3, 2])).ToDoubles());
            Assert.Throws<ArgumentOutOfRangeException>(() => x.Take(0, IntTensor.From(device, [3])));
            Assert.Throws<ArgumentOutOfRangeException>(() => IntTensor.From(device, [3]).OneHot(3));
            Assert.Throws<ShapeException>(() => x.TopK(5));
            Assert.Throws<ShapeException>(() => x.TakeAlong(0, IntTensor.From(device, [0, 0, 0, 0], [2, 2])));
        }
    }

    [Fact]
    public void SumsOfNothingButInfinitiesStayInfinite()
    {
        Values("log-sum-exp of −∞", x => x.LogSumExp([0]), [double.NegativeInfinity, double.NegativeInfinity], [double.NegativeInfinity]);
        Values("log-sum-exp of ∞", x => x.LogSumExp([0]), [double.PositiveInfinity, 1], [double.PositiveInfinity]);
        Values("log-sum-exp of large numbers", x => x.LogSumExp([0]), [1000, 1000], [1000 + Math.Log(2)]);
        Check("product with zeros", x => x.Product([0]), [2, 0, 3], [0], [0, 6, 0]);
        Check("cumulative sum", x => x.CumulativeSum(0), [1, 2, 3], [1, 3, 6], [3, 2, 1]);
    }

    [Fact]
    public void WhatCannotBeIsRefusedInWords()
    {
        using var device = new CpuDevice();
        using var scope = new Scope();
        Tensor x = Tensor.Zeros(device, [2, 3]);
        (string Message, Action Call)[] cases =
        [
            ("reshape: one extent can be left open, found -1 twice in (-1, -1).", () => x.Reshape(-1, -1)),
            ("reshape: (2, 3) has 6 elements, which (-1, 4) does not divide.", () => x.Reshape(-1, 4)),
            ("squeeze: axis 0 of (2, 3) has extent 2, not 1.", () => x.Squeeze(0)),
            ("unsqueeze: shape (2, 3) has no place 3 for another axis.", () => x.Unsqueeze(3)),
            ("slice: the step along axis 1 of (2, 3) must not be 0.", () => x.Slice(1, 0, 3, 0)),
            ("max pool: kernel 4 and padding 0 leave nothing of images (1, 1, 1, 1).", () => Tensor.Zeros(device, [1, 1, 1, 1]).MaxPool2d(4, 2, ceil: true)),
            ("split: parts of 1 + 1 = 2 elements for axis 1 of (2, 3).", () => x.Split(1, 1, 1)),
            ("expand: shapes (2, 3) and (2, 4) do not broadcast (axis 1: 3 and 4).", () => x.Expand([2, 4])),
            ("tile: shape (2, 3) needs up to 2 numbers of at least 0, found (1, 1, 1).", () => x.Tile(1, 1, 1)),
            ("einsum: 'ijk' in 'ijk->ik' names 3 axes, found shape (2, 3).", () => Tensor.Einsum("ijk->ik", x)),
            ("einsum: 'ii' in 'ii->i' must be letters, each once.", () => Tensor.Einsum("ii->i", x)),
            ("einsum: the result's axis 'k' in 'ij->ik' is in no operand.", () => Tensor.Einsum("ij->ik", x)),
            ("einsum: axis 'j' of 'ij,jk->ik' has 3 elements in (2, 3) and 2 in (2, 3).", () => Tensor.Einsum("ij,jk->ik", x, x)),
            ("matmul: shapes (2) and (3) do not broadcast (axis 0: 2 and 3).", () => Tensor.Zeros(device, [2, 1, 1]).MatMul(Tensor.Zeros(device, [3, 1, 1]))),
        ];
        foreach ((string message, Action call) in cases)
        {
            Assert.Contains(message, Assert.ThrowsAny<Exception>(call).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void LargeArgumentsNeitherOverflowNorLoseTheirDigits()
    {
        Check("softplus", x => x.Softplus(), [-80, -20, 0, 20, 100], [1.8048513878454153e-35, 2.061153620314381e-9, Math.Log(2), 20.000000002061153, 100], [1.8048513878454153e-35, 2.0611536e-9, 0.5, 0.999999997938846, 1], 1e-6);
        Check("silu", x => x.Silu(), [-80, 100], [-1.4438811102763322e-33, 100], [-1.4258325963978e-33, 1]);
        // A confident logit on the right side: log(1 + e⁻²⁰), not the 0 that x − x·t + … would leave.
        Check("binary cross entropy", x => x.BinaryCrossEntropyWithLogits(Tensor.Full(x.Device, [1], 1)), [20], [2.061153620314381e-9], [-2.0611536181902036e-9]);
        Check("binary cross entropy below 0", x => x.BinaryCrossEntropyWithLogits(Tensor.Zeros(x.Device, [1])), [-20], [2.061153620314381e-9], [2.0611536181902036e-9]);
        // Where 1 + erf and 1 + tanh have lost all but one digit.
        Check("gelu", x => x.Gelu(), [-5, -2, 0], [-1.4332578593959696e-6, -0.045500263896358414, 0], [-7.1469460017922946e-6, -0.085231801078196897, 0.5], 1e-6);
        Check("gelu tanh", x => x.GeluTanh(), [-5, -2, 0], [-2.291796196629506e-7, -0.045402305912224981, 0], [-1.5463619875325946e-6, -0.086099256623618382, 0.5], 1e-6);
        Check("log softmax", x => x.LogSoftmax(), [1000, 0], [0, -1000], null);
    }

    /// <summary>Differences do not show an element in a wrong place if its gradient comes back from there: results written out, weighted so that gradients differ.</summary>
    [Fact]
    public void ElementsGoWhereTheyBelong()
    {
        double[] x = [1, 2, 3, 4, 5, 6], cube = [0, 1, 2, 3, 4, 5, 6, 7];
        Check("transposed", t => Weighted(t.Reshape([2, 3]).Permute(1, 0)), x, [1, 8, 6, 20, 15, 36], [1, 3, 5, 2, 4, 6]);
        Check("permuted", t => Weighted(t.Reshape([2, 2, 2]).Permute(2, 0, 1)), cube, [0, 4, 12, 24, 5, 18, 35, 56], [1, 5, 2, 6, 3, 7, 4, 8]);
        Check("permuted, named from the innermost", t => Weighted(t.Reshape([2, 2, 2]).Permute(-1, 0, -2)), cube, [0, 4, 12, 24, 5, 18, 35, 56], [1, 5, 2, 6, 3, 7, 4, 8]);
        Check("rows added", t => Weighted(Tensor.Concatenate(0, t.Reshape([2, 3]), Tensor.Full(t.Device, [1, 3], 9))), x, [1, 4, 9, 16, 25, 36, 63, 72, 81], [1, 2, 3, 4, 5, 6]);
        Check("columns added", t => Weighted(Tensor.Concatenate(-1, Tensor.Full(t.Device, [2, 1], 9), t.Reshape([2, 3]))), x, [9, 2, 6, 12, 45, 24, 35, 48], [2, 3, 4, 6, 7, 8]);
        Check("every second column", t => Weighted(t.Reshape([2, 3]).Slice(1, 0, 3, 2)), x, [1, 6, 12, 24], [1, 0, 2, 3, 0, 4]);
        Check("columns backwards", t => Weighted(t.Reshape([2, 3]).Slice(-1, 2, 0, -1)), x, [3, 4, 18, 20], [0, 2, 1, 0, 4, 3]);
        Check("padded", t => Weighted(t.Reshape([2, 3]).Slice(0, 0, 1).Pad([1, 0], [0, 2])), x, [0, 0, 0, 0, 0, 6, 14, 24, 0, 0], [6, 7, 8, 0, 0, 0]);
        Check("looked up", t => Weighted(t.Reshape([3, 2]).Embedding(IntTensor.From(t.Device, [2, 0, 2], [3, 1]))), x, [5, 12, 3, 8, 25, 36], [3, 4, 0, 0, 6, 8]);

        // Times 1, 2, 3, …
        static Tensor Weighted(Tensor t) => t * Tensor.From(t.Device, [.. Enumerable.Range(1, t.Shape.Count).Select(i => (double)i)], t.Shape);
    }

    [Fact]
    public void ExtremesAndVariancesAreThoseByHand()
    {
        double[] x = [4, 2, 6, 1, 5, 3];
        Check("max of columns", t => t.Reshape([2, 3]).Max([0]), x, [4, 5, 6], [1, 0, 1, 0, 1, 0]);
        Check("max of rows", t => t.Reshape([2, 3]).Max([-1], keepAxes: true), x, [6, 5], [0, 0, 1, 0, 1, 0]);
        Check("maximum of a row and a column", t => Tensor.Maximum(t.Slice(0, 0, 2), t.Slice(0, 2, 4).Reshape([2, 1])), x, [6, 6, 4, 2], [1, 1, 2, 0, 0, 0]);
        Check("minimum of a row and a column", t => Tensor.Minimum(t.Slice(0, 0, 2), t.Slice(0, 2, 4).Reshape([2, 1])), x, [4, 2, 1, 1], [1, 1, 0, 2, 0, 0]);
        Check("variance", t => t.Variance([0]), x, [3.5], [0.2, -0.6, 1, -1, 0.6, -0.2]);
        Check("biased variance of rows", t => t.Reshape([2, 3]).Variance([1], unbiased: false), x, [8.0 / 3, 8.0 / 3], [0, -4.0 / 3, 4.0 / 3, -4.0 / 3, 4.0 / 3, 0], 1e-6, gradientScale: 1e-6);
    }

    [Fact]
    public void EachOfThirtyTwoPartsGetsItsGradient()
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            var parts = new Parameter[32];
            for (int i = 0; i < parts.Length; i++)
            {
                parts[i] = new Parameter($"part{i}", [1]);
                parts[i].Materialize(device);
                device.Fill(parts[i].Value.Range, i);
            }
            using var scope = new Scope();
            Tensor y = Tensor.Concatenate(0, [.. parts.Select(part => part.Value)]);
            Assert.Equal(Enumerable.Range(0, 32).Select(i => (double)i), Networks.Values(y));
            y.Backward(Tensor.From(device, [.. Enumerable.Range(100, 32).Select(i => (double)i)], [32]), ParameterSink.Instance);
            for (int i = 0; i < parts.Length; i++) Assert.Equal([100 + i], Networks.Values(parts[i].Grad!));
            Assert.Throws<ArgumentException>(() => Tensor.Concatenate(0, [.. parts.Select(part => part.Value), y]));
            Assert.Throws<ArgumentException>(() => Tensor.Concatenate(0));
            foreach (Parameter part in parts) part.Dispose();
        }
    }

    [Fact]
    public void NoElementsAreFine()
    {
        double[] none = [];
        Check("no rows", x => x.Reshape([3, 2]).Slice(0, 2, 2), [1, 2, 3, 4, 5, 6], none, [0, 0, 0, 0, 0, 0]);
        Check("backwards to the first", x => x.Slice(0, 2, null, -2), [1, 2, 3, 4], [3, 1], [1, 0, 1, 0]);
        Check("a step beyond the end", x => x.Slice(0, 1, 4, int.MaxValue), [1, 2, 3, 4], [2], [0, 1, 0, 0]);
        Check("nothing padded", x => x.Slice(0, 1, 1).Pad([1], [2]), [5, 6], [0, 0, 0], [0, 0]);
        Check("nothing added", x => Tensor.Concatenate(0, x.Slice(0, 1, 1), x), [5, 6], [5, 6], [1, 1]);
        Check("nothing permuted", x => x.Slice(0, 1, 1).Reshape([0, 3]).Permute(1, 0), [5, 6], none, [0, 0]);
        Check("a scalar permuted", x => x.Reshape([]).Permute(), [5], [5], [1]);
        Check("max over no axis", x => x.Max([]), [5, 6], [5, 6], [1, 1]);
        Check("no ids", x => x.Reshape([2, 2]).Embedding(IntTensor.From(x.Device, [])), [1, 2, 3, 4], none, [0, 0, 0, 0]);
    }

    [Fact]
    public void AnIdThatWasWrittenOnTheDeviceIsNaNOutsideTheTableAndGetsNoGradient()
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            using var table = new Embedding(3, 2, Initializers.Ones);
            table.Initialize(device, 1);
            using var scope = new Scope();
            IntTensor ids = IntTensor.From(device, [0, 0, 0, 0]);
            device.Upload([2, 3, -1, 2], ids.Range);
            Tensor y = table.Forward(ids);
            Assert.Equal([1, 1, NaN, NaN, NaN, NaN, 1, 1], Networks.Values(y));
            y.Sum().Backward();
            Assert.Equal([0, 0, 0, 0, 2, 2], Networks.Values(table.Weight.Grad!));
            table.ClearGradients();
        }
    }

    [Fact]
    public void ANaNIsTheMaximumOfAWindow()
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            using var scope = new Scope();
            Assert.Equal([NaN], Networks.Values(Tensor.From(device, [1.0, NaN, 3.0, 2.0], [1, 2, 2, 1]).MaxPool2d(2)));
            Assert.Equal([NaN, 5], Networks.Values(Tensor.From(device, [NaN, 1.0, 4.0, 5.0], [2, 2]).Max([1])));
        }
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedByName()
    {
        using var device = new ReferenceDevice();
        using var scope = new Scope();
        Tensor x = Tensor.Zeros(device, [2, 3]), y = Tensor.Zeros(device, [3, 2]), empty = Tensor.Zeros(device, [0, 3]);
        Refused("has 2 axes, found 1", () => x.Permute(0));
        Refused("named twice", () => x.Permute(0, 0));
        Refused("has no axis 2", () => x.Max([2]));
        Refused("no elements", () => empty.Max([0]));
        Refused("needs at least 2", () => Tensor.Zeros(device, [1, 3]).Variance([0]));
        Refused("differ beyond axis 0", () => Tensor.Concatenate(0, x, y));
        Refused("must not be 0", () => x.Slice(1, 0, 3, 0));
        Refused("has no axis 2", () => x.Slice(2, 0, 3));
        Refused("needs 2 numbers", () => x.Pad([1], [1]));
        Refused("at least 0", () => x.Pad([1, -1], [1, 0]));
        Refused("differ", () => x.Huber(y));
        Refused("differ", () => x.BinaryCrossEntropyWithLogits(y));
        Refused("needs a table", () => x.Reshape([6]).Embedding(IntTensor.From(device, [1])));
        Refused("needs images", () => x.GlobalAveragePool());
        Refused("multiple of 2 groups", () => x.GroupNorm(2, x, x));
        Refused("3 elements", () => x.LayerNorm(x, x));
        Assert.Throws<ArgumentException>(() => x.Clamp(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => x.Pow(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => x.Huber(x, 0));

        static void Refused(string says, Func<Tensor> operation) => Assert.Contains(says, Assert.Throws<ShapeException>(operation).Message, StringComparison.Ordinal);
    }

    /// <summary>The result alone.</summary>
    private static void Values(string name, Func<Tensor, Tensor> operation, double[] input, double[] expected)
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            using var scope = new Scope();
            double[] found = operation(Tensor.From(device, input, [input.Length])).ToDoubles();
            Assert.True(expected.Length == found.Length, $"{name} on {device.Name}: {found.Length} elements");
            for (int i = 0; i < found.Length; i++)
                Assert.True(expected[i] == found[i] || Math.Abs(expected[i] - found[i]) <= 1e-6 * Math.Abs(expected[i]), $"{name} on {device.Name}: element {i} is {found[i]:R}, expected {expected[i]:R}");
        }
    }

    private static void Check(string name, Func<Tensor, Tensor> operation, double[] input, double[] expected, double[]? slope, double relative = 1e-6, double gradientScale = 0)
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            using var x = new Parameter("x", [input.Length]);
            x.Materialize(device);
            device.Upload(input, x.Value.Range);
            using var scope = new Scope();
            Tensor y = operation(x);
            Same("result", expected, Networks.Values(y), 0);
            y.Backward(Tensor.Full(device, y.Shape, 1), ParameterSink.Instance);
            if (slope is not null) Same("gradient", slope, Networks.Values(x.Grad!), gradientScale);
            x.ClearGrad();

            void Same(string what, double[] wanted, double[] found, double scale)
            {
                Assert.True(wanted.Length == found.Length, $"{name} on {device.Name}: {what} has {found.Length} elements, expected {wanted.Length}");
                for (int i = 0; i < wanted.Length; i++)
                {
                    // float32 has no smaller numbers than 1.4e-45.
                    bool same = wanted[i].Equals(found[i]) || Math.Abs(wanted[i] - found[i]) <= (relative * Math.Max(Math.Abs(wanted[i]), scale)) + 3e-45 + scale;
                    Assert.True(same, $"{name} on {device.Name}: {what} {i} is {found[i]:R}, expected {wanted[i]:R}");
                }
            }
        }
    }
}
