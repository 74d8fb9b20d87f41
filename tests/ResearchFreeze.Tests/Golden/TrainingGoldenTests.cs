using ResearchFreeze.Autograd;
using ResearchFreeze.Tests.Autograd;

namespace ResearchFreeze.Tests.Golden;

/// <summary>What libtorch computes while it trains a small network, replayed on the reference and the CPU.</summary>
public class TrainingGoldenTests
{
    /// <summary>
    /// The engine takes rate, momentum and decay as float32 (0.05f is 1.5e-8 from 0.05, relative), libtorch's float64 run as float64: the reference follows it this far, not to 1e-16.
    /// </summary>
    private const double ReferenceLossBound = 1e-6;

    private const double ReferenceWeightBound = 1e-6;

    internal static string[] All { get; } = ["adamw", "sgd-clipped", "sgd-frozen-middle", "sgd-frozen-prefix", "sgd-momentum-decay", "sgd-nesterov", "sgd-plain"];

    public static TheoryData<string> Files => [.. All];

    [Fact]
    public void EveryFileIsReplayed() => Assert.Equal(All, GoldenFolder.Names("training"));

    [Theory]
    [MemberData(nameof(Files))]
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
    public void AFreeRunInFloat64FollowsLibtorchInFloat64(string name)
    {
        using var device = new ReferenceDevice();
        var file = new GoldenFile<TrainingManifest>("training", name);
        var check = new GoldenCheck();
        (double[] losses, Dictionary<string, double[]> weights) = new TrainingReplay(file, file.Manifest, device).FreeRun();
        for (int i = 0; i < losses.Length; i++) check.Scalar("float64 loss", $"step {i + 1}", file.Manifest.LossesFloat64[i], losses[i], i == 0 ? 1e-12 : ReferenceLossBound);
        foreach ((string path, double[] found) in weights) check.Norm("float64 weight", path, file.Values($"float64/step50/weight-after/{path}"), found, ReferenceWeightBound);
        check.Report($"{name} on {device.Name}");
    }

    internal static void Steps(string name, Device device)
    {
        var file = new GoldenFile<TrainingManifest>("training", name);
        var check = new GoldenCheck();
        new TrainingReplay(file, file.Manifest, device).RecordedSteps(check);
        check.Report($"{name} on {device.Name}");
    }

    internal static void FreeRun(string name, Device device)
    {
        var file = new GoldenFile<TrainingManifest>("training", name);
        var check = new GoldenCheck();
        (double[] losses, _) = new TrainingReplay(file, file.Manifest, device).FreeRun();
        for (int i = 0; i < losses.Length; i++)
            check.Scalar("free loss", $"step {i + 1}", file.Manifest.LossesFloat64[i], losses[i], 3 * file.Manifest.LargestLossDistance);
        check.Report($"{name} on {device.Name}");
    }
}

/// <summary>The same on OpenCL.</summary>
[Collection("gpu")]
public sealed class TrainingGoldenOpenClTests(GpuFixture fixture)
{
    public static TheoryData<string> Files => [.. TrainingGoldenTests.All];

    [Theory]
    [MemberData(nameof(Files))]
    public void StepsFromLibtorchsOwnWeightsAgree(string name) => TrainingGoldenTests.Steps(name, fixture.OpenCl);

    [Theory]
    [MemberData(nameof(Files))]
    public void AFreeRunStaysWithinThreeTimesLibtorchsOwnDistance(string name) => TrainingGoldenTests.FreeRun(name, fixture.OpenCl);
}
