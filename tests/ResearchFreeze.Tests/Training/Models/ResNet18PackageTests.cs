using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Golden;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>
/// The ResNet-18 of a package as <c>scripts/get-resnet18.sh</c> makes it, beside the features that ONNX Runtime gives of drawn images of five sizes (<c>Golden/pretrained</c>). CI fetches it outside the clone; elsewhere
/// <c>RESEARCHFREEZE_RESNET18</c> names its folder.
/// </summary>
public sealed class ResNet18PackageTests
{
    private const int Features = 512;

    private static string Folder
    {
        get
        {
            string? folder = Environment.GetEnvironmentVariable("RESEARCHFREEZE_RESNET18");
            Assert.SkipWhen(string.IsNullOrEmpty(folder), "RESEARCHFREEZE_RESNET18 names no folder: scripts/get-resnet18.sh makes one.");
            return folder!;
        }
    }

    [Fact]
    public void FeaturesAreOnnxRuntimes()
    {
        using var device = new CpuDevice(2);
        TorchvisionResNet source = TorchvisionResNet.Open(Folder);
        Assert.Equal((true, false, 3), (source.Design.Blocks.SequenceEqual([2, 2, 2, 3]), source.Design.IsBottleneck, source.Channels));
        using Sequential model = source.Build([224, 224, 3], 2).Initialize(device, 1);
        model.Eval();
        var golden = new GoldenFile<Dictionary<string, object>>("pretrained", "resnet18");
        double[] expected = golden.Values("features");
        long[] sizes = golden.Entry("sizes").Integers;
        double largest = expected.Max(), error = 0;
        for (int i = 0; i < sizes.Length / 2; i++)
        {
            using GradMode.Restore mode = GradMode.Disable();
            using var scope = new Scope();
            (int height, int width) = ((int)sizes[2 * i], (int)sizes[(2 * i) + 1]);
            var random = new RandomStream(7, $"image {i}");
            float[] image = [.. Enumerable.Range(0, height * width * 3).Select(_ => (float)random.NextNormal())];
            // All but the head.
            float[] found = model.ForwardRange(Tensor.From(device, image, [1, height, width, 3]), 0, model.Count - 1).ToArray();
            for (int c = 0; c < Features; c++) error = Math.Max(error, Math.Abs(found[c] - expected[(i * Features) + c]));
        }
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"largest difference {error / largest:E1} of the largest feature"));
        Assert.InRange(error / largest, 0, 1e-4);
    }

    [Fact]
    public void WhatIsWrittenIsWhatWasRead()
    {
        TorchvisionResNet source = TorchvisionResNet.Open(Folder);
        using var device = new CpuDevice(1);
        using Sequential model = source.Build([64, 64, 3], 4).Initialize(device, 1);
        Assert.Equal("stem layer1.0 layer1.1 layer2.0 layer2.1 layer3.0 layer3.1 layer4.0 layer4.1 layer4.2 fc", string.Join(' ', FreezeUnit.Of(model).Select(unit => unit.Path)));
        Assert.EndsWith("ResNet of basic blocks 2-2-2-3, 110 tensors; drawn: fc.weight, fc.bias", source.Describe(model), StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        string copy = Path.Combine(folder.Root, "copy");
        source.Save(model, copy);
        Dictionary<string, SafetensorsEntry> read = WeightFiles.Read(Folder), written = WeightFiles.Read(copy);
        Assert.Equal(read.Keys.Append("fc.bias").Append("fc.weight").Order(StringComparer.Ordinal), written.Keys.Order(StringComparer.Ordinal));
        foreach (string name in read.Keys) Assert.Equal(read[name].ToDoubles(), written[name].ToDoubles());
        Assert.True(File.Exists(Path.Combine(copy, "LICENSE")) && File.Exists(Path.Combine(copy, "ORIGIN")));
    }

    /// <summary>The other way to the same weights.</summary>
    [Fact]
    public void ARunStartsFromItByItsBlocks()
    {
        using var device = new CpuDevice(1);
        ModelSpec spec = Models.Catalogue().Create("resnet18:blocks=2-2-2-3");
        using ModuleBase model = spec.Build([32, 32, 3], 4);
        model.InitializeAll(device, 1, overwrites: false);
        Assert.Equal($"starts from {Folder}: 110 of 110 tensors; not there and drawn: fc.weight, fc.bias", StartWeights.Load(model, Folder, sample: [32, 32, 3]));
        Assert.Equal(Recipe.FineTuning, Models.Catalogue().Create($"resnet18:{Folder}").Recipe);
    }
}
