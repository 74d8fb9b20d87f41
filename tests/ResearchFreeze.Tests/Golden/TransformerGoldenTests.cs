using ResearchFreeze.Autograd;
using ResearchFreeze.Tests.Autograd;
using Xunit.Sdk;

namespace ResearchFreeze.Tests.Golden;

/// <summary>One step of small transformers as libtorch computes it in float64 with attention written out, replayed on the reference and the CPU.</summary>
[EverySimdLevel]
public class TransformerGoldenTests
{
    internal static string[] All { get; } = ["bert-first", "bert-mean", "gpt", "vit"];

    public static TheoryData<string> Files => [.. All];

    [Fact]
    public void EveryFileIsReplayed() => Assert.Equal(All, GoldenFolder.Names("transformers"));

    [Theory]
    [MemberData(nameof(Files))]
    public void AStepIsLibtorchs(string name) => TestDevices.Each(device => Step(name, device));

    /// <summary>The replay can fail: another pooling, mask, number of heads, optimizer and another set of frozen units are caught.</summary>
    [Theory]
    [InlineData("bert-first", "pooling")]
    [InlineData("gpt", "heads")]
    [InlineData("vit", "decay")]
    [InlineData("vit", "frozen")]
    public void AnotherStepThanTheRecordedOneFails(string name, string what)
    {
        var file = new GoldenFile<TransformerManifest>("transformers", name);
        TransformerManifest manifest = file.Manifest, changed = what switch
        {
            "pooling" => manifest with { Network = manifest.Network.Replace("pool=first", "pool=mean", StringComparison.Ordinal) },
            "heads" => manifest with { Network = manifest.Network.Replace("heads=2", "heads=4", StringComparison.Ordinal) },
            "decay" => manifest with { Optimizer = manifest.Optimizer with { WeightDecay = 0.0502 } },
            _ => manifest,
        };
        using var device = new CpuDevice(2);
        Assert.ThrowsAny<XunitException>(() => new TransformerReplay(file, changed, device).Step(what == "frozen" ? manifest.Frozen[..^1] : [], new GoldenCheck()));
    }

    internal static void Step(string name, Device device)
    {
        var file = new GoldenFile<TransformerManifest>("transformers", name);
        var check = new GoldenCheck();
        var replay = new TransformerReplay(file, file.Manifest, device);
        replay.Step([], check);
        replay.Step(file.Manifest.Frozen, check);
        check.Report($"{name} on {device.Name}");
    }
}

/// <summary>The same on OpenCL.</summary>
[Collection("gpu")]
public sealed class TransformerGoldenOpenClTests(GpuFixture fixture)
{
    public static TheoryData<string> Files => [.. TransformerGoldenTests.All];

    [Theory]
    [MemberData(nameof(Files))]
    public void AStepIsLibtorchs(string name) => TransformerGoldenTests.Step(name, fixture.OpenCl);
}
