using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>torchvision's ResNets as models: names, counts, sizes, starts. Their costs are in <see cref="DynamicFreeze.NetworkCostTests"/>, their results in <see cref="Golden.ResNetGoldenTests"/>.</summary>
public sealed class ResNetTests
{
    // torchvision's state_dict, without num_batches_tracked.
    private static readonly string[] Names18 =
    [
        "conv1.weight", .. Norm("bn1"),
        .. Block("layer1.0"), .. Block("layer1.1"),
        .. Block("layer2.0"), .. Downsample("layer2.0"), .. Block("layer2.1"),
        .. Block("layer3.0"), .. Downsample("layer3.0"), .. Block("layer3.1"),
        .. Block("layer4.0"), .. Downsample("layer4.0"), .. Block("layer4.1"),
        "fc.weight", "fc.bias",
    ];

    [Fact]
    public void ResNet18HasTorchvisionsNames()
    {
        using ModuleBase model = Spec("resnet18").Build([224, 224, 3], 1000);
        Assert.Equal(102, Names18.Length);
        Assert.Equal(Names18, TorchvisionNames.Of(model).Select(name => name.Theirs));
        Assert.Equal(62, model.Parameters().Count());
        Assert.Equal(40, model.Buffers().Count());
        Dictionary<string, Shape> shapes = TorchvisionNames.Of(model).ToDictionary(name => name.Theirs, name => name.ShapeThere);
        Assert.Equal([64, 3, 7, 7], shapes["conv1.weight"]);
        Assert.Equal([128, 64, 1, 1], shapes["layer2.0.downsample.0.weight"]);
        Assert.Equal([512, 256, 3, 3], shapes["layer4.0.conv1.weight"]);
        Assert.Equal([1000, 512], shapes["fc.weight"]);
    }

    /// <summary>As torchvision's documentation has them.</summary>
    [Theory]
    [InlineData("resnet18", 11_689_512, 62)]
    [InlineData("resnet34", 21_797_672, 110)]
    [InlineData("resnet50", 25_557_032, 161)]
    // A block of 512 channels more, and no classifier: what a package has.
    [InlineData("resnet18:blocks=2-2-2-3", 11_689_512 + (2 * 9 * 512 * 512) + (4 * 512), 68)]
    public void ParametersAreCounted(string spec, long count, int tensors)
    {
        using ModuleBase model = Spec(spec).Build([224, 224, 3], 1000);
        Assert.Equal((count, tensors), (model.Parameters().Sum(parameter => (long)parameter.Shape.Count), model.Parameters().Count()));
    }

    [Theory]
    [InlineData("resnet18", "stem layer1.0 layer1.1 layer2.0 layer2.1 layer3.0 layer3.1 layer4.0 layer4.1 fc")]
    [InlineData("resnet50:blocks=2-1-1-3", "stem layer1.0 layer1.1 layer2 layer3 layer4.0 layer4.1 layer4.2 fc")]
    public void UnitsAreTheStemTheBlocksAndTheHead(string spec, string units)
    {
        using ModuleBase model = Spec(spec).Build([64, 64, 3], 10);
        Assert.Equal(units, string.Join(' ', FreezeUnit.Of(model).Select(unit => unit.Path)));
        Assert.Equal("fc", FreezeUnit.Of(model).Single(unit => unit.IsHead).Path);
    }

    /// <summary>No size is too small: padding keeps a pixel in each stage.</summary>
    [Theory]
    [InlineData(28, 28, 1)]
    [InlineData(33, 61, 3)]
    [InlineData(1, 1, 2)]
    [InlineData(5, 224, 4)]
    public void AnyImageGoesThrough(int height, int width, int channels)
    {
        using var device = new CpuDevice(2);
        foreach (bool isBottleneck in (bool[])[false, true])
        {
            using var scope = new Scope();
            using Sequential model = Models.ResNet([height, width, channels], 7, new ResNetDesign([1, 2, 1, 1], isBottleneck, Width: 4)).Initialize(device, 3);
            Tensor images = Tensor.From(device, [.. Enumerable.Range(0, 2 * height * width * channels).Select(i => MathF.Sin(i))], [2, height, width, channels]);
            Tensor outputs = model.Forward(images);
            Assert.Equal([2, 7], outputs.Shape);
            Assert.All(outputs.ToArray(), value => Assert.True(float.IsFinite(value)));
        }
    }

    [Fact]
    public void WhatIsNoImageIsRefused() =>
        Assert.Equal("resnet: needs images (height, width, channels), found a sample of shape (784).", Assert.Throws<ShapeException>(() => Spec("resnet18").Build([784], 10)).Message);

    /// <summary>torchvision's: normal with variance 2 / fan-out for convolutions, 1 and 0 for norms, uniform within ±1/√inputs for the classifier.</summary>
    [Fact]
    public void StartsAreTorchvisions()
    {
        using var device = new CpuDevice(1);
        using Sequential model = Models.ResNet([32, 32, 3], 10, new ResNetDesign([1, 1, 1, 1], IsBottleneck: false, Width: 16)).Initialize(device, 3);
        Dictionary<string, float[]> values = TorchvisionNames.Of(model).ToDictionary(name => name.Theirs, name => name.Value().ToArray());
        Assert.Equal(Math.Sqrt(2.0 / (49 * 16)), Deviation(values["conv1.weight"]), 0.004);
        Assert.Equal(Math.Sqrt(2.0 / (9 * 128)), Deviation(values["layer4.0.conv1.weight"]), 0.001);
        Assert.All(values["layer4.0.bn2.weight"], value => Assert.Equal(1, value));
        Assert.All(values["layer4.0.bn2.bias"], value => Assert.Equal(0, value));
        float bound = 1 / MathF.Sqrt(128);
        Assert.InRange(values["fc.weight"].Max(MathF.Abs), 0.98f * bound, bound);

        static double Deviation(float[] values) => Math.Sqrt(values.Average(value => (double)value * value));
    }

    [Theory]
    [InlineData("resnet18:blocks=2-2-2", "'resnet18:blocks=2-2-2': blocks must be 4 whole numbers from 1 to 1000, one a stage, as in 2-2-2-2, found '2-2-2'.")]
    [InlineData("resnet34:blocks=2-2-2-0", "'resnet34:blocks=2-2-2-0': blocks must be 4 whole numbers from 1 to 1000, one a stage, as in 3-4-6-3, found '2-2-2-0'.")]
    [InlineData("resnet50:blocks=a", "'resnet50:blocks=a': blocks must be 4 whole numbers from 1 to 1000, one a stage, as in 3-4-6-3, found 'a'.")]
    [InlineData("resnet18:depth=3", "'resnet18:depth=3': 'depth' is unknown; known are blocks.")]
    [InlineData("resnet18:a,b", "'resnet18:a,b': expected one folder without a comma, found 2.")]
    public void AMalformedSpecIsOneLine(string spec, string says) => Assert.Equal(says, Assert.Throws<ArgumentException>(() => Spec(spec)).Message);

    private static ModelSpec Spec(string text) => Models.Catalogue().Create(text);

    private static string[] Norm(string path) => [$"{path}.weight", $"{path}.bias", $"{path}.running_mean", $"{path}.running_var"];

    private static string[] Block(string path) => [$"{path}.conv1.weight", .. Norm($"{path}.bn1"), $"{path}.conv2.weight", .. Norm($"{path}.bn2")];

    private static string[] Downsample(string path) => [$"{path}.downsample.0.weight", .. Norm($"{path}.downsample.1")];
}
