using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Cli;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary><c>freeze import --as resnet</c>: exported graphs, written here from small networks, whose tensors have no telling names.</summary>
public sealed class ResNetOnnxTests : IDisposable
{
    private static readonly ResNetDesign Basic = new([1, 2, 1, 1], IsBottleneck: false, Width: 4), Bottlenecks = new([1, 2, 1, 1], IsBottleneck: true, Width: 4);

    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(1);

    private string File => Path.Combine(folder.Root, "model.onnx");

    private string Out => Path.Combine(folder.Root, "out");

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void AnExportedNetworkGetsItsNames(bool isBottleneck, bool hasHead)
    {
        Dictionary<string, SafetensorsEntry> entries = Export(isBottleneck ? Bottlenecks : Basic, hasHead);
        string said = ResNetOnnx.Import(File, Out);
        Assert.EndsWith($"ResNet of {(isBottleneck ? "bottlenecks" : "basic blocks")} 1-2-1-1{(hasHead ? "" : ", no head")}, {entries.Count} tensors; its pads are those of torchvision for images whose sides are multiples of 32", said, StringComparison.Ordinal);
        Dictionary<string, SafetensorsEntry> found = WeightFiles.Read(Out);
        Assert.Equal(entries.Keys.Order(StringComparer.Ordinal), found.Keys.Order(StringComparer.Ordinal));
        foreach (string name in entries.Keys) Assert.True(entries[name].IsSame(found[name]), name);
        using ModuleBase model = Models.Catalogue().Create($"{(isBottleneck ? "resnet50" : "resnet18")}:{Out}").Build([32, 32, 3], 7);
        Assert.Equal(4, model.Parameters().First().Shape[0]);
        Assert.Throws<IOException>(() => ResNetOnnx.Import(File, Out));
    }

    /// <summary>255·deviation·x in blue, green, red through the one is x in red, green, blue through the other.</summary>
    [Fact]
    public void AnotherOrderAndScaleOfPixelsIsTurnedIntoTorchvisions()
    {
        double[] before = Export(Basic, hasHead: false)["conv1.weight"].ToDoubles();
        ResNetOnnx.Import(File, Out, OnnxPixels.BlueGreenRed255);
        double[] after = WeightFiles.Read(Out)["conv1.weight"].ToDoubles();
        // Output 2, row 3, column 4; red is the last channel there and the first here.
        int window = (3 * 7) + 4;
        Assert.Equal((float)(255 * 0.229 * before[(((2 * 3) + 2) * 49) + window]), after[(2 * 3 * 49) + window]);
        Assert.Equal((float)(255 * 0.224 * before[(((2 * 3) + 1) * 49) + window]), after[(((2 * 3) + 1) * 49) + window]);
        Assert.Contains("0.456", System.IO.File.ReadAllText(Path.Combine(Out, "preprocessor_config.json")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("epsilon", "'bn1' has an epsilon of 0.0010000000474974513, torchvision's is 1E-05")]
    [InlineData("bias", "'layer1.0.conv1' has a bias: its norm was folded into it")]
    [InlineData("stride", "the Conv 'layer2.0.conv1' has strides 1, 1, expected 2")]
    [InlineData("pads", "the Conv 'layer1.0.conv2' has pads 1, 1, 0, 0, expected 1")]
    [InlineData("relu", "behind 'layer1.0.bn1' is Conv, expected Relu")]
    [InlineData("stages", "it has 3 stages, a ResNet has 4")]
    public void WhatTorchvisionDoesNotHaveIsNamed(string change, string says)
    {
        Export(Basic, hasHead: true, change);
        Assert.Equal($"'{File}' is no ONNX file that can be read here: {says}.", Assert.Throws<FormatException>(() => ResNetOnnx.Import(File, Out)).Message);
        Assert.False(Directory.Exists(Out));
    }

    [Theory]
    [InlineData("--as resnet --heads 2", "--heads is of a bert; a resnet has none.")]
    [InlineData("--as bert --heads 2 --pixels bgr255", "--pixels is of a resnet; a bert has none.")]
    [InlineData("--as bert", "--heads is missing: a bert's attention heads are in no weight's shape.")]
    public void AnOptionOfAnotherKindIsRefused(string options, string says)
    {
        FreezeRun run = FreezeRun.Of(["import", File, .. options.Split(' '), "--out", Out]);
        Assert.Equal(2, run.Code);
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void TheVerbSaysWhatItWrote()
    {
        Export(Basic, hasHead: true);
        FreezeRun run = FreezeRun.Of("import", File, "--as", "resnet", "--pixels", "bgr255", "--out", Out);
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains("ResNet of basic blocks 1-2-1-1", string.Join(' ', run.PlainLines()), StringComparison.Ordinal);
    }

    /// <summary>A graph as CNTK writes it: less padding below and on the right where the stride is 2.</summary>
    private Dictionary<string, SafetensorsEntry> Export(ResNetDesign design, bool hasHead, string change = "")
    {
        using Sequential model = Models.ResNet([32, 32, 3], 7, design).Initialize(device, 9);
        Dictionary<string, SafetensorsEntry> entries = TorchvisionNames.Of(model).Where(name => hasHead || !name.Theirs.StartsWith("fc", StringComparison.Ordinal))
            .ToDictionary(name => name.Theirs, name => TensorForms.ToTheirs(name.Form, name.Shape, [.. Enumerable.Range(0, name.Shape.Count).Select(i => MathF.Sin(i + name.Theirs.Length))]));
        var onnx = new OnnxWriter();
        int number = 0;
        foreach ((string name, SafetensorsEntry entry) in entries) onnx.Add(Of(name), entry);
        string x = Relu(Normed("conv1", "bn1", "image", 2));
        x = onnx.Add("MaxPool", "pool", [x], ("kernel_shape", [3, 3]), ("strides", [2, 2]), ("pads", [1, 1, 0, 0]));
        for (int stage = 0; stage < (change == "stages" ? 3 : 4); stage++)
        {
            for (int i = 0; i < design.Blocks[stage]; i++)
            {
                string block = $"layer{stage + 1}.{i}", y = x, skip = x;
                int stride = stage > 0 && i == 0 ? 2 : 1, last = design.IsBottleneck ? 3 : 2;
                if (entries.ContainsKey($"{block}.downsample.0.weight")) skip = Normed($"{block}.downsample.0", $"{block}.downsample.1", x, stride);
                for (int part = 1; part <= last; part++)
                {
                    y = Normed($"{block}.conv{part}", $"{block}.bn{part}", y, part == (design.IsBottleneck ? 2 : 1) ? stride : 1);
                    if (part < last && !(change == "relu" && block == "layer1.0")) y = Relu(y);
                }
                x = Relu(onnx.Add("Add", $"{block}.sum", [y, skip]));
            }
        }
        x = onnx.Add("GlobalAveragePool", "mean", [x]);
        if (hasHead) onnx.Add("Gemm", "outputs", [onnx.Add("Flatten", "flat", [x]), Of("fc.weight"), Of("fc.bias")], ("transB", [1]));
        onnx.Write(File);
        return entries;

        static string Of(string name) => $"Parameter of {name.Length} {Math.Abs(RandomStream.KeyOf(1, name).GetHashCode())}";

        string Relu(string from) => onnx.Add("Relu", $"relu {++number}", [from]);

        string Normed(string name, string norm, string from, int stride)
        {
            SafetensorsEntry weight = entries[$"{name}.weight"];
            int kernel = weight.Shape[2], padding = kernel / 2, less = change == "pads" && name == "layer1.0.conv2" ? 1 : stride - 1;
            if (change == "stride" && name == "layer2.0.conv1") stride = 1;
            string[] inputs = change == "bias" && name == "layer1.0.conv1" ? [from, Of($"{name}.weight"), Of($"{norm}.bias")] : [from, Of($"{name}.weight")];
            onnx.Add("Conv", name, inputs, ("kernel_shape", [kernel, kernel]), ("strides", [stride, stride]), ("pads", [padding, padding, Math.Max(0, padding - less), Math.Max(0, padding - less)]));
            return onnx.Add("BatchNormalization", norm, [name, Of($"{norm}.weight"), Of($"{norm}.bias"), Of($"{norm}.running_mean"), Of($"{norm}.running_var")], ("epsilon", [change == "epsilon" ? 1e-3 : 1e-5]));
        }
    }
}
