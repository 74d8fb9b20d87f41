using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Cli;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>ResNets in files: torchvision's names and layout, Hugging Face's names, what does not fit, and runs that start from such a file.</summary>
public sealed class TorchvisionFileTests : IDisposable
{
    private static readonly ResNetDesign Small = new([1, 2, 1, 1], IsBottleneck: false, Width: 4), Bottlenecks = new([1, 1, 2, 1], IsBottleneck: true, Width: 4);

    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(1);

    private string File => Path.Combine(folder.Root, "resnet.safetensors");

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void WhatIsSavedIsReadAgain(bool isBottleneck, bool isHuggingFaces)
    {
        Made(isBottleneck ? Bottlenecks : Small, isHuggingFaces);
        TorchvisionResNet source = TorchvisionResNet.Open(File);
        Assert.Equal((isBottleneck, 3), (source.Design.IsBottleneck, source.Channels));
        using Sequential first = source.Build([32, 32, 3], 7).Initialize(device, 5);
        Assert.DoesNotContain("drawn", source.Describe(first), StringComparison.Ordinal);
        string copy = Path.Combine(folder.Root, "copy");
        source.Save(first, copy);
        Dictionary<string, SafetensorsEntry> there = Safetensors.Read(File), again = WeightFiles.Read(copy);
        Assert.Equal(there.Keys.Where(name => !name.EndsWith("num_batches_tracked", StringComparison.Ordinal)).Order(StringComparer.Ordinal), again.Keys.Order(StringComparer.Ordinal));
        foreach (string name in again.Keys) Assert.True(there[name].IsSame(again[name]), name);
    }

    [Fact]
    public void ConvolutionsAreTurnedAndNormsAreNamed()
    {
        Made(Small);
        Dictionary<string, SafetensorsEntry> there = Safetensors.Read(File);
        using Sequential model = TorchvisionResNet.Open(File).Build([32, 32, 3], 7).Initialize(device, 5);
        double[] theirs = there["conv1.weight"].ToDoubles();
        float[] ours = model.Parameters().Single(parameter => parameter.Path == "stem.conv1.weight").Value.ToArray();
        // Output 1, row 2, column 3, channel 1: (out, in, height, width) there, (out, height, width, in) here.
        Assert.Equal(theirs[(((1 * 3) + 1) * 49) + (2 * 7) + 3], ours[(((1 * 49) + (2 * 7) + 3) * 3) + 1]);
        Assert.Equal(there["layer2.0.bn2.running_mean"].ToDoubles(), model.Buffers().Single(buffer => buffer.Path == "layer2.0.bn2.runningMean").Value.ToDoubles());
        Assert.Equal(there["layer2.0.downsample.1.weight"].ToDoubles(), model.Parameters().Single(parameter => parameter.Path == "layer2.0.downsample.1.gamma").Value.ToDoubles());
    }

    [Theory]
    [InlineData("conv1.weight", "resnet.embedder.embedder.convolution.weight")]
    [InlineData("bn1.running_var", "resnet.embedder.embedder.normalization.running_var")]
    [InlineData("layer1.0.conv2.weight", "resnet.encoder.stages.0.layers.0.layer.1.convolution.weight")]
    [InlineData("layer4.2.bn3.bias", "resnet.encoder.stages.3.layers.2.layer.2.normalization.bias")]
    [InlineData("layer2.0.downsample.0.weight", "resnet.encoder.stages.1.layers.0.shortcut.convolution.weight")]
    [InlineData("layer2.0.downsample.1.running_mean", "resnet.encoder.stages.1.layers.0.shortcut.normalization.running_mean")]
    [InlineData("fc.bias", "classifier.1.bias")]
    public void HuggingFacesNamesAreTorchvisions(string torchvision, string huggingFace)
    {
        Assert.Equal(torchvision, TorchvisionNames.FromHuggingFace(huggingFace));
        Assert.Equal(huggingFace, TorchvisionNames.ToHuggingFace(torchvision));
    }

    [Fact]
    public void WhatDoesNotFitIsNamed()
    {
        Made(Small);
        Dictionary<string, SafetensorsEntry> entries = Safetensors.Read(File);
        entries.Remove("layer2.1.conv1.weight");
        entries["bn1.weight"] = SafetensorsEntry.Of([5], new float[5]);
        entries["fc.weight"] = SafetensorsEntry.Of([7, 31], new float[7 * 31]);
        entries["extra"] = SafetensorsEntry.Of([1], new float[1]);
        Safetensors.Write(File, entries);
        Assert.Equal(
            $"'{File}' has no ResNet of torchvision: 'bn1.weight' has shape (5), expected (4); 'layer2.1.conv1.weight' is missing; 'fc.weight' has shape (7, 31), expected (7, 32).",
            Assert.Throws<FormatException>(() => TorchvisionResNet.Open(File).Build([32, 32, 3], 7)).Message);
        Made(Small);
        TorchvisionResNet source = TorchvisionResNet.Open(File);
        Assert.Equal($"'{File}' takes images (height, width, channels) of 3 channels, found a sample of shape (28, 28, 1).", Assert.Throws<ShapeException>(() => source.Build([28, 28, 1], 7)).Message);
        using Sequential other = source.Build([32, 32, 3], 4).Initialize(device, 1);
        Assert.EndsWith("ResNet of basic blocks 1-2-1-1, 70 tensors; drawn: fc.weight, fc.bias", source.Describe(other), StringComparison.Ordinal);
        Safetensors.Write(File, [KeyValuePair.Create("weight", SafetensorsEntry.Of([1], new float[1]))]);
        Assert.Equal($"'{File}' has no ResNet of torchvision: 'conv1.weight' is missing or no convolution.", Assert.Throws<FormatException>(() => TorchvisionResNet.Open(File)).Message);
    }

    [Theory]
    [InlineData("resnet18", null, "has 1-2-1-1 blocks, expected 2-2-2-2; blocks= says which.")]
    [InlineData("resnet34:blocks=1-1-1-1", null, "has 1-2-1-1 blocks, expected 1-1-1-1; blocks= says which.")]
    [InlineData("resnet50:blocks=1-2-1-1", null, "has basic blocks, as resnet18 and resnet34.")]
    [InlineData("resnet18", """{"architecture":"resnet34","depths":[1,2,1,1]}""", "has a resnet34.")]
    [InlineData("resnet18", """{"model_type":"resnet","depths":[1,2,1,1]}""", "has 1-2-1-1 blocks, expected 2-2-2-2; blocks= says which.")]
    [InlineData("resnet18", """{"model_type":"resnet","depths":[1,2,1,2]}""", "does not fit its config: its stages have 1-2-1-1 blocks, expected 1-2-1-2.")]
    [InlineData("resnet18", """{"model_type":"vit"}""", "it has a vit, expected resnet, resnet18, resnet34 or resnet50.")]
    [InlineData("resnet18", """{"model_type":"resnet","downsample_in_bottleneck":true}""", "its blocks have their strides elsewhere than torchvision's.")]
    [InlineData("resnet18", """{"architecture":"resnet18","depths":[1,2,1,1]}""", null)]
    [InlineData("resnet34:blocks=1-2-1-1", """{"model_type":"resnet"}""", null)]
    [InlineData("resnet18:blocks=1-2-1-1", null, null)]
    public void ABlocksNumberIsWhatTheNameTheSettingOrTheConfigSay(string spec, string? config, string? says)
    {
        string source = Path.Combine(folder.Root, "source");
        Directory.CreateDirectory(source);
        Made(Small);
        System.IO.File.Move(File, Path.Combine(source, "model.safetensors"));
        if (config is not null) System.IO.File.WriteAllText(Path.Combine(source, "config.json"), config);
        string[] parts = spec.Split(':');
        string text = $"{parts[0]}:{source}{(parts.Length > 1 ? $",{parts[1]}" : "")}";
        if (says is null)
        {
            using ModuleBase model = Models.Catalogue().Create(text).Build([32, 32, 3], 7);
            Assert.Equal(Small.Width, model.Parameters().First().Shape[0]);
        }
        else
        {
            Assert.EndsWith(says, Assert.ThrowsAny<Exception>(() => Models.Catalogue().Create(text)).Message, StringComparison.Ordinal);
        }
    }

    /// <summary>From the run's folder alone: the pretrained one may be gone by then. Another run starts from the file by its names.</summary>
    [Fact]
    public void ARunPredictsWithoutTheFileAndAnotherStartsFromIt()
    {
        string data = FreezeRun.Images(folder), run = Path.Combine(folder.Root, "run"), second = Path.Combine(folder.Root, "second"), kept = Path.Combine(folder.Root, "kept.safetensors");
        Made(Small with { Width = 64 }, channels: 1);
        System.IO.File.Copy(File, kept);
        string[] settings = ["--data", data, "--epochs", "1", "--batch", "4", "--device", "cpu", "--threads", "2"];
        FreezeRun trained = FreezeRun.Of(["train", "--model", $"resnet18:{File},blocks=1-2-1-1", "--policy", "static:2", .. settings, "--out", run]);
        Assert.Equal((0, ""), (trained.Code, trained.Error));
        System.IO.File.Delete(File);
        Assert.Equal((0, ""), (FreezeRun.Of("eval", run) is { } evaluated ? (evaluated.Code, evaluated.Error) : default));
        FreezeRun started = FreezeRun.Of(["train", "--model", "resnet18:blocks=1-2-1-1", "--from", kept, "--policy", "never", .. settings, "--out", second]);
        Assert.Equal((0, ""), (started.Code, started.Error));
        Assert.Contains("drawn anew: fc.bias, fc.weight", started.Output.ReplaceLineEndings("\n").Replace("\n", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    /// <summary>A network with nothing at 0 or 1, as PyTorch would write it.</summary>
    private void Made(ResNetDesign design, bool isHuggingFaces = false, int channels = 3)
    {
        using Sequential model = Models.ResNet([32, 32, channels], 7, design).Initialize(device, 9);
        foreach (ModuleBuffer buffer in model.Buffers()) device.Upload([.. Enumerable.Range(0, buffer.Shape.Count).Select(i => 1.5f + MathF.Sin(i))], buffer.Value.Range);
        TorchvisionResNet.Save(model, File, overwrite: true);
        Dictionary<string, SafetensorsEntry> entries = Safetensors.Read(File);
        foreach (string norm in entries.Keys.Where(name => name.EndsWith("running_mean", StringComparison.Ordinal)).ToArray()) entries.Add(norm.Replace("running_mean", "num_batches_tracked", StringComparison.Ordinal), SafetensorsEntry.Of([1], [5L]).Reshaped(Shape.Scalar));
        if (isHuggingFaces) entries = entries.ToDictionary(entry => TorchvisionNames.ToHuggingFace(entry.Key), entry => entry.Value);
        Safetensors.Write(File, entries);
    }
}
