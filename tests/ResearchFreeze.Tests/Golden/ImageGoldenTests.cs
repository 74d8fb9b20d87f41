using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Autograd;
using Xunit.Sdk;

namespace ResearchFreeze.Tests.Golden;

/// <summary>What libtorch computes while it trains convolutional networks, replayed on the reference and the CPU.</summary>
public class ImageGoldenTests
{
    /// <summary>
    /// Two float64 runs of the same formulas, which add in another order. Measured: losses up to 1e-14 apart over fifty steps, running moments 6e-16 of their norm after ten. This is the sharp test of a whole run; in
    /// float32 a ReLU that falls on its other side carries libtorch's residual networks up to 0.23 from its own float64 run.
    /// </summary>
    private const double Float64LossBound = 1e-12;

    private const double Float64BufferBound = 1e-13;

    internal static string[] All { get; } = ["cnn", "cnn-frozen-half", "resnet", "resnet-frozen-half"];

    public static TheoryData<string> Files => [.. All];

    [Theory]
    [MemberData(nameof(Files))]
    [EverySimdLevel]
    public void StepsFromLibtorchsOwnWeightsAgree(string name)
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            Steps(name, device);
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void AFreeRunInFloat32StaysWithinThreeTimesLibtorchsOwnDistance(string name)
    {
        using var device = new CpuDevice(2);
        FreeRun(name, device);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void AFreeRunInFloat64IsLibtorchs(string name)
    {
        using var device = new ReferenceDevice();
        var file = new GoldenFile<TrainingManifest>("training", name);
        var check = new GoldenCheck();
        (double[] losses, Dictionary<string, double[]> buffers) = new ImageReplay(file, file.Manifest, device).FreeRun();
        for (int i = 0; i < losses.Length; i++) check.Scalar("loss, float64", $"step {i + 1}", file.Manifest.LossesFloat64[i], losses[i], Float64LossBound);
        foreach ((string path, double[] found) in buffers) check.Norm("buffer, float64", path, file.Values($"float64/step10/buffer-after/{path}"), found, Float64BufferBound);
        check.Report($"{name} on {device.Name}");
    }

    /// <summary>The replay can fail: other images, another frozen unit and another mode of the frozen normalisation are caught.</summary>
    [Theory]
    [InlineData("seed")]
    [InlineData("thawed unit")]
    [InlineData("batch statistics")]
    [InlineData("keep updating")]
    public void AnotherRunThanTheRecordedOneFails(string what)
    {
        var file = new GoldenFile<TrainingManifest>("training", "resnet-frozen-half");
        TrainingManifest manifest = file.Manifest, changed = what switch
        {
            "seed" => manifest with { Images = manifest.Images! with { Seed = 1 } },
            "thawed unit" => manifest with { Frozen = manifest.Frozen[..^1] },
            _ => manifest,
        };
        FrozenNormalisation frozen = what switch
        {
            "batch statistics" => FrozenNormalisation.BatchStatistics,
            "keep updating" => FrozenNormalisation.KeepUpdating,
            _ => FrozenNormalisation.Eval,
        };
        using var device = new CpuDevice(2);
        Assert.ThrowsAny<XunitException>(() => new ImageReplay(file, changed, device, frozen).RecordedSteps(new GoldenCheck()));
    }

    internal static void Steps(string name, Device device)
    {
        var file = new GoldenFile<TrainingManifest>("training", name);
        var check = new GoldenCheck();
        new ImageReplay(file, file.Manifest, device).RecordedSteps(check);
        check.Report($"{name} on {device.Name}");
    }

    /// <summary>Losses, and the running moments after ten steps together, each within three times what libtorch in float32 is from itself in float64.</summary>
    internal static void FreeRun(string name, Device device)
    {
        var file = new GoldenFile<TrainingManifest>("training", name);
        var check = new GoldenCheck();
        (double[] losses, Dictionary<string, double[]> buffers) = new ImageReplay(file, file.Manifest, device).FreeRun();
        for (int i = 0; i < losses.Length; i++)
            check.Scalar("free loss", $"step {i + 1}", file.Manifest.LossesFloat64[i], losses[i], 3 * file.Manifest.LargestLossDistance);
        double[] Together(string prefix) => [.. buffers.Keys.SelectMany(path => file.Values($"{prefix}/{path}"))];
        double[] expected = Together("float64/step10/buffer-after"), single = Together("step10/buffer-after");
        check.Distance("free buffers", "step 10", expected, [.. buffers.Values.SelectMany(values => values)], 3 * GoldenCheck.Distance(expected, single));
        check.Report($"{name} on {device.Name}");
    }
}

/// <summary>The same on OpenCL; the whole run for the small network only.</summary>
[Collection("gpu")]
public sealed class ImageGoldenOpenClTests(GpuFixture fixture)
{
    public static TheoryData<string> Files => [.. ImageGoldenTests.All];

    [Theory]
    [MemberData(nameof(Files))]
    public void StepsFromLibtorchsOwnWeightsAgree(string name) => ImageGoldenTests.Steps(name, fixture.OpenCl);

    [Theory]
    [InlineData("cnn")]
    [InlineData("cnn-frozen-half")]
    public void AFreeRunStaysWithinThreeTimesLibtorchsOwnDistance(string name) => ImageGoldenTests.FreeRun(name, fixture.OpenCl);
}
