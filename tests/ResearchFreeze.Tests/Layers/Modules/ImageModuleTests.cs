using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Layers;

/// <summary>Convolution, pooling and normalisation as modules.</summary>
[EverySimdLevel]
public sealed class ImageModuleTests
{
    [Fact]
    public void ModulesSayWhatTheyAre()
    {
        Assert.Equal("Conv2d(16 → 32, 3, stride 2, relu)", new Conv2d(16, 32, 3, stride: 2, padding: 1, activation: Activation.Relu).ToString());
        Assert.Equal("Conv2d(4 → 8, 1×7, 4 groups)", new Conv2d(4, 8, new Size2(1, 7), groups: 4).ToString());
        Assert.Equal("BatchNorm(16, relu)", new BatchNorm(16, activation: Activation.Relu).ToString());
        Assert.Equal("MaxPool2d(3, stride 2)", new MaxPool2d(3, 2, 1).ToString());
        Assert.Equal("AveragePool2d(2)", new AveragePool2d(2).ToString());
        Assert.Equal("GroupNorm(2 groups, 6)", new GroupNorm(2, 6).ToString());
        Assert.Equal("BasicBlock(8 → 16, shortcut Conv2d(8 → 16, 1, stride 2))", new BasicBlock(8, 16, 2).ToString());
    }

    [Fact]
    public void BadModulesAreRefusedBeforeAnythingIsMade()
    {
        Assert.Throws<ArgumentException>(() => new Conv2d(3, 4, 3, groups: 2));
        Assert.Throws<ShapeException>(() => new Conv2d(3, 4, 0));
        Assert.Throws<ShapeException>(() => new Conv2d(3, 4, 3, stride: 0));
        Assert.Throws<ShapeException>(() => new Conv2d(3, 4, 3, padding: -1));
        Assert.Throws<ArgumentException>(() => new GroupNorm(4, 6));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchNorm(4, momentum: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchNorm(4, epsilon: 0));
        Assert.Throws<ArgumentException>(() => Models.ResNet([32, 32, 3], 10, depth: 21));
        Assert.Throws<ShapeException>(() => Models.ResNet([15, 32, 3], 10));
        Assert.Throws<ShapeException>(() => Models.Cnn([784], 10));
    }

    [Fact]
    public void ShapesThatDoNotFitAreNamedAndNothingIsAllocated()
    {
        using var device = new ReferenceDevice();
        using var conv = new Conv2d(3, 4, 5);
        conv.Initialize(device, 1);
        using var scope = new Scope();
        Tensor four = Tensor.Zeros(device, [2, 8, 8, 4]), small = Tensor.Zeros(device, [2, 4, 8, 3]);
        long live = device.Counters.LiveBytes;
        Assert.Contains("4 channels", Assert.Throws<ShapeException>(() => conv.Forward(four)).Message, StringComparison.Ordinal);
        Assert.Contains("leave nothing", Assert.Throws<ShapeException>(() => conv.Forward(small)).Message, StringComparison.Ordinal);
        Assert.Contains("half of kernel", Assert.Throws<ShapeException>(() => four.MaxPool2d(2, padding: 2)).Message, StringComparison.Ordinal);
        Assert.Contains("residual", Assert.Throws<ShapeException>(() => four.BatchNorm(
            Tensor.Zeros(device, [4]), Tensor.Zeros(device, [4]), Tensor.Zeros(device, [4]), Tensor.Zeros(device, [4]), true, residual: small)).Message, StringComparison.Ordinal);
        Assert.Equal(live + (4 * 4 * sizeof(double)), device.Counters.LiveBytes);      // the four vectors of this test
    }

    [Fact]
    public void AFusedActivationOrResidualIsTheSeparateOne()
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            foreach (Activation activation in (Activation[])[Activation.Relu, Activation.Tanh, Activation.Sigmoid])
            {
                double[][] fused = Run(device, (x, w, g, b, m, v) => x.Conv2d(w, g, padding: 1, activation: activation)
                    .BatchNorm(g, b, m, v, training: true, momentum: 0, activation: activation, residual: x));
                double[][] separate = Run(device, (x, w, g, b, m, v) => Apply(Apply(x.Conv2d(w, g, padding: 1)).BatchNorm(g, b, m, v, training: true, momentum: 0) + x));
                for (int i = 0; i < fused.Length; i++)
                {
                    double scale = separate[i].Max(Math.Abs), worst = fused[i].Zip(separate[i], (p, q) => Math.Abs(p - q)).Max();
                    Assert.True(worst <= (device.RealSize == sizeof(double) ? 1e-12 : 1e-5) * scale, $"{activation} on {device.Name}: result {i} differs by {worst:R} of {scale:R}");
                }

                Tensor Apply(Tensor x) => activation switch { Activation.Relu => x.Relu(), Activation.Tanh => x.Tanh(), _ => x.Sigmoid() };
            }
        }
    }

    [Fact]
    public void AResidualNetworkLoadsWhatItSavedBuffersIncluded()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Models.ResNet([16, 16, 3], 4, depth: 8, width: 2), other = Models.ResNet([16, 16, 3], 4, depth: 8, width: 2);
        model.Initialize(device, 1);
        using (var scope = new Scope()) model.Forward(Networks.Batch(device, 3, 16 * 16 * 3, 4).Inputs.Reshape([3, 16, 16, 3]));
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        try
        {
            StateDict.Save(model, path);
            Assert.True(StateDict.Load(other, path, device: device).IsExact);
            Assert.Equal(model.Buffers().Select(buffer => Networks.Values(buffer.Value)), other.Buffers().Select(buffer => Networks.Values(buffer.Value)));
            Assert.NotEqual(0, Networks.Values(other.Buffers().First().Value)[0]);
            Assert.Equal("stem.norm.runningMean", other.Buffers().First().Path);
            using Sequential without = new(("stem", new Sequential(("conv", new Conv2d(3, 2, 3, bias: false)))));
            Assert.Throws<FormatException>(() => StateDict.Load(without, path, device: device));
            Assert.Contains("stem.norm.runningMean", StateDict.Load(without, path, strict: false, device).Unexpected);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void ACopyOfAModelHoldsItsBuffersToo()
    {
        using var device = new ReferenceDevice();
        using var norm = new BatchNorm(2);
        norm.Initialize(device, 1);
        using var copy = TensorCopy.Of(norm);
        copy.Take();
        using var scope = new Scope();
        norm.Forward(Tensor.From(device, [1f, 2f, 3f, 5f], [2, 2]));
        double[] moved = Networks.Values(norm.RunningMean.Value);
        Assert.NotEqual([0, 0], moved);
        copy.Swap();
        Assert.Equal([0, 0], Networks.Values(norm.RunningMean.Value));
        copy.Swap();
        Assert.Equal(moved, Networks.Values(norm.RunningMean.Value));
        copy.Restore();
        Assert.Equal([0, 0], Networks.Values(norm.RunningMean.Value));
    }

    /// <summary>Result and all gradients of Σ sin(y).</summary>
    private static double[][] Run(Device device, Func<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> function)
    {
        Shape[] shapes = [[3, 5, 4, 6], [6, 3, 3, 6], [6], [6]];
        var parameters = new List<Parameter>();
        var random = new RandomStream(3, "fused");
        foreach (Shape shape in shapes)
        {
            var parameter = new Parameter($"p{parameters.Count}", shape);
            parameter.Materialize(device);
            device.Upload([.. Enumerable.Range(0, shape.Count).Select(_ => (float)random.NextNormal())], parameter.Value.Range);
            parameters.Add(parameter);
        }
        using var scope = new Scope();
        Tensor mean = Tensor.Zeros(device, [6]), variance = Tensor.Full(device, [6], 1);
        Tensor y = function(parameters[0], parameters[1], parameters[2], parameters[3], mean, variance);
        double[] values = Networks.Values(y);
        y.Backward(Tensor.From(device, [.. values.Select(Math.Cos)], y.Shape), ParameterSink.Instance);
        double[][] result = [values, .. parameters.Select(parameter => Networks.Values(parameter.Grad!))];
        foreach (Parameter parameter in parameters) parameter.Dispose();
        return result;
    }
}
