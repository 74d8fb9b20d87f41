using ResearchFreeze.Autograd;
using ResearchFreeze.Tests.Autograd;

namespace ResearchFreeze.Tests.Golden;

/// <summary>What libtorch computes while it trains a small network, replayed on the reference and the CPU.</summary>
[EverySimdLevel]
public class TrainingGoldenTests
{
    /// <summary>Two float64 runs of the same formulas, which add in another order: losses absolutely, weights relative to their norm.</summary>
    private const double Float64Bound = 1e-13;

    /// <summary>
    /// The library takes rate, momentum and decay as float32 (0.05f is 1.5e-8 from 0.05, relative), libtorch's float64 run takes them as float64. Measured over 50 steps: losses up to 1.2e-7
    /// apart, weights up to 4.3e-7 of their norm.
    /// </summary>
    private const double RoundedLossBound = 3e-7;

    private const double RoundedWeightBound = 1e-6;

    internal static string[] All { get; } = ["adamw", "sgd-clipped", "sgd-frozen-middle", "sgd-frozen-prefix", "sgd-momentum-decay", "sgd-nesterov", "sgd-plain"];

    public static TheoryData<string> Files => [.. All];

    [Fact]
    public void EveryFileIsReplayed() => Assert.Equal([.. All.Concat(ImageGoldenTests.All).Order(StringComparer.Ordinal)], GoldenFolder.Names("training"));

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
    public void AFreeRunInFloat64IsLibtorchsWhereTheOptimizerHasItsNumbers(string name)
    {
        using var device = new ReferenceDevice();
        var file = new GoldenFile<TrainingManifest>("training", name);
        var check = new GoldenCheck();
        (double[] losses, Dictionary<string, double[]> weights) = new TrainingReplay(file, file.Manifest, device).FreeRun(new HostOptimizer(file.Manifest, rounded: false));
        CheckFloat64("float64, host optimizer", file, losses, weights, check, Float64Bound, Float64Bound);
        check.Report($"{name} on {device.Name}");
    }

    /// <summary>With the test before: what is left between the library and libtorch in float64 is that its optimizers' numbers are float32.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public void AFreeRunInFloat64FollowsTheFormulasWithRoundedNumbersAndSoLibtorch(string name)
    {
        using var device = new ReferenceDevice();
        var file = new GoldenFile<TrainingManifest>("training", name);
        var check = new GoldenCheck();
        var replay = new TrainingReplay(file, file.Manifest, device);
        (double[] losses, Dictionary<string, double[]> weights) = replay.FreeRun();
        (double[] expected, Dictionary<string, double[]> expectedWeights) = replay.FreeRun(new HostOptimizer(file.Manifest, rounded: true));
        for (int i = 0; i < losses.Length; i++) check.Scalar("loss, rounded numbers", $"step {i + 1}", expected[i], losses[i], Float64Bound);
        foreach ((string path, double[] found) in weights) check.Norm("weight, rounded numbers", path, expectedWeights[path], found, Float64Bound);
        CheckFloat64("float64, library's optimizer", file, losses, weights, check, RoundedLossBound, RoundedWeightBound);
        check.Report($"{name} on {device.Name}");
    }

    internal static void Steps(string name, Device device)
    {
        var file = new GoldenFile<TrainingManifest>("training", name);
        var check = new GoldenCheck();
        new TrainingReplay(file, file.Manifest, device).RecordedSteps(check);
        check.Report($"{name} on {device.Name}");
    }

    /// <summary>
    /// The distance is a few units in the last place (1.8e-7 to 5.4e-7 at losses of 0.5 to 2), and yet three times it suffices without an allowance for rounding: measured, at most 0.37
    /// of the bound on the CPU and 0.53 on PoCL.
    /// </summary>
    internal static void FreeRun(string name, Device device)
    {
        var file = new GoldenFile<TrainingManifest>("training", name);
        var check = new GoldenCheck();
        (double[] losses, _) = new TrainingReplay(file, file.Manifest, device).FreeRun();
        for (int i = 0; i < losses.Length; i++)
            check.Scalar("free loss", $"step {i + 1}", file.Manifest.LossesFloat64[i], losses[i], 3 * file.Manifest.LargestLossDistance);
        check.Report($"{name} on {device.Name}");
    }

    private static void CheckFloat64(
        string kind, GoldenFile<TrainingManifest> file, double[] losses, Dictionary<string, double[]> weights, GoldenCheck check, double lossBound, double weightBound)
    {
        Assert.Equal(file.Manifest.LossesFloat64.Length, losses.Length);
        Assert.Equal(file.Manifest.Parameters.Length, weights.Count);
        for (int i = 0; i < losses.Length; i++) check.Scalar($"loss, {kind}", $"step {i + 1}", file.Manifest.LossesFloat64[i], losses[i], lossBound);
        foreach ((string path, double[] found) in weights) check.Norm($"weight, {kind}", path, file.Values($"float64/step50/weight-after/{path}"), found, weightBound);
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
