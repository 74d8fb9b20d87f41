using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

/// <summary>Modules that are one operation, and the losses: each is the operation of its name.</summary>
public sealed class ActivationModuleTests
{
    private static readonly double[] Values = [-3, -0.5, 0, 0.25, 2];

    [Fact]
    public void EachIsTheOperationOfItsName()
    {
        using var device = new ReferenceDevice();
        using var scope = new Scope();
        Tensor x = Tensor.From(device, Values, [5]);
        (Module Module, string Name, Func<double, double> Formula)[] cases =
        [
            (new LeakyRelu(), "LeakyRelu(0.01)", v => v > 0 ? v : 0.01 * v),
            (new LeakyRelu(0.5), "LeakyRelu(0.5)", v => v > 0 ? v : 0.5 * v),
            (new Gelu(), "Gelu", v => v * (1 - (0.5 * DoubleMath.Erfc(v / Math.Sqrt(2))))),
            (new GeluTanh(), "GeluTanh", v => 0.5 * v * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (v + (0.044715 * v * v * v))))),
            (new Silu(), "Silu", v => v / (1 + Math.Exp(-v))),
            (new Softplus(), "Softplus", v => Math.Log(1 + Math.Exp(v))),
            (new Softmax(), "Softmax", v => Math.Exp(v) / Values.Sum(Math.Exp)),
            (new LogSoftmax(), "LogSoftmax", v => v - Math.Log(Values.Sum(Math.Exp))),
        ];
        foreach ((Module module, string name, Func<double, double> formula) in cases)
        {
            Assert.Equal(name, module.ToString());
            Assert.Empty(module.Parameters());
            double[] found = Networks.Values(module.Forward(x));
            for (int i = 0; i < Values.Length; i++) Assert.Equal(formula(Values[i]), found[i], 1e-14);
            module.Dispose();
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => new LeakyRelu(double.NaN));
    }

    [Fact]
    public void AnEmbeddingLooksRowsUpAndTrainsThoseItUsed()
    {
        using var device = new ReferenceDevice();
        using var table = new Embedding(500, 40);
        table.Initialize(device, 3);
        double[] weight = Networks.Bits(table.Weight);
        Assert.Equal("Embedding(500, 40)", table.ToString());
        Assert.Equal(0, weight.Average(), 0.03);
        Assert.Equal(1, weight.Sum(value => value * value) / weight.Length, 0.03);
        using (var scope = new Scope())
        {
            Tensor rows = table.Forward(IntTensor.From(device, [7, 499, 7], [3, 1]));
            Assert.Equal([3, 1, 40], rows.Shape.ToArray());
            Assert.Equal(weight[280..320], Networks.Values(rows)[..40]);
            rows.Sum().Backward();
            double[] gradient = Networks.Values(table.Weight.Grad!);
            Assert.Equal(2, gradient[280]);
            Assert.Equal(1, gradient[^1]);
            Assert.Equal(120, gradient.Sum());
        }
        table.ClearGradients();
        table.Freeze();
        using (var scope = new Scope()) Assert.False(table.Forward(IntTensor.From(device, [1])).RequiresGrad);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Embedding(0, 4));
    }

    [Fact]
    public void LossesAreMeansOfTheirTerms()
    {
        using var device = new ReferenceDevice();
        using var scope = new Scope();
        // A mean's factor, 1/3, is a float on every device.
        Tensor x = Tensor.From(device, [-2.0, 1.0, 3.0], [3]), target = Tensor.From(device, [0.0, 1.0, 0.25], [3]);
        Assert.Equal((Math.Log(1 + Math.Exp(-2)) + Math.Log(1 + Math.Exp(-1)) + 3 - 0.75 + Math.Log(1 + Math.Exp(-3))) / 3, Loss.BinaryCrossEntropy(x, target).Item(), 1e-12);
        Assert.Equal((1.5 + 0 + 2.25) / 3, Loss.Huber(x, target).Item(), 1e-12);
        Assert.Equal((2 + 0 + (2.75 * 2.75 / 2)) / 3, Loss.Huber(x, target, 3).Item(), 1e-12);
    }
}
