using ResearchFreeze.Autograd;
using ResearchFreeze.Tests.Autograd;

namespace ResearchFreeze.Tests.Golden;

/// <summary>Single operations as libtorch computes them in float64, replayed on the reference and the CPU.</summary>
[EverySimdLevel]
public class OperationGoldenTests
{
    /// <summary>Each family with the number of its cases: one that disappears from a file is missed.</summary>
    internal static IReadOnlyDictionary<string, int> All { get; } = new SortedDictionary<string, int>(StringComparer.Ordinal)
    {
        ["arithmetic"] = 32,
        ["attention"] = 16,
        ["batch-norm"] = 14,
        ["conv2d"] = 20,
        ["cross-entropy"] = 9,
        ["elements"] = 21,
        ["embedding"] = 3,
        ["extremes"] = 20,
        ["linear"] = 8,
        ["losses"] = 9,
        ["maps"] = 9,
        ["matmul"] = 20,
        ["mean-squared-error"] = 2,
        ["more-images"] = 19,
        ["more-losses"] = 25,
        ["more-maps"] = 18,
        ["norms"] = 10,
        ["pooling"] = 11,
        ["recurrent"] = 4,
        ["reductions"] = 28,
        ["softmax"] = 4,
        ["variances"] = 12,
        ["views"] = 20,
    };

    public static TheoryData<string> Families => [.. All.Keys];

    [Fact]
    public void EveryFileIsReplayed() => Assert.Equal(All.Keys, GoldenFolder.Names("operations"));

    [Theory]
    [MemberData(nameof(Families))]
    public void EveryCaseAgrees(string family)
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            Run(family, device);
        }
    }

    internal static void Run(string family, Device device)
    {
        var file = new GoldenFile<OperationManifest>("operations", family);
        var check = new GoldenCheck();
        int cases = OperationReplay.Run(file, file.Manifest, device, check);
        check.Report($"{family} on {device.Name}");
        Assert.Equal(file.Manifest.Cases.Length, cases);
        Assert.Equal(All[family], cases);
    }
}

/// <summary>The same on OpenCL.</summary>
[Collection("gpu")]
public sealed class OperationGoldenOpenClTests(GpuFixture fixture)
{
    public static TheoryData<string> Families => [.. OperationGoldenTests.All.Keys];

    [Theory]
    [MemberData(nameof(Families))]
    public void EveryCaseAgrees(string family) => OperationGoldenTests.Run(family, fixture.OpenCl);
}
