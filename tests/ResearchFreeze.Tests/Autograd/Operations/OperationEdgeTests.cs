using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>What difference quotients cannot show: ties, bounds, bases below zero, large arguments; and what is refused.</summary>
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
    }

    [Fact]
    public void LargeArgumentsNeitherOverflowNorLoseTheirDigits()
    {
        Check("softplus", x => x.Softplus(), [-80, -20, 0, 20, 100], [1.8048513878454153e-35, 2.061153620314381e-9, Math.Log(2), 20.000000002061153, 100], [1.8048513878454153e-35, 2.0611536e-9, 0.5, 0.999999997938846, 1], 1e-6);
        Check("silu", x => x.Silu(), [-80, 100], [-1.4438811102763322e-33, 100], [-1.4258325963978e-33, 1]);
        // A confident logit on the right side: log(1 + e⁻²⁰), not the 0 that x − x·t + … would leave.
        Check("binary cross entropy", x => x.BinaryCrossEntropyWithLogits(Tensor.Full(x.Device, [1], 1)), [20], [2.061153620314381e-9], [-2.0611536e-9], 1e-6, gradientScale: 1e-7);
        Check("log softmax", x => x.LogSoftmax(), [1000, 0], [0, -1000], null);
    }

    [Fact]
    public void AnEmbeddingOutsideItsTableIsNaNAndGetsNoGradient()
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            using var table = new Embedding(3, 2, Initializers.Ones);
            table.Initialize(device, 1);
            using var scope = new Scope();
            Tensor y = table.Forward(IntTensor.From(device, [2, 3, -1, 2]));
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
        Refused("of axis 1", () => x.Slice(1, 0, 4));
        Refused("by 0", () => x.Slice(1, 0, 3, 0));
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
