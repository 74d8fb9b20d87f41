using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>
/// Every primitive's cases, as its description has them, on devices of one kind: held against the float64 reference, which defines what they mean, and against the same again, bit for bit. What cases do not show is in <see cref="PrimitiveEdges"/>.
/// </summary>
public abstract class PrimitiveParity
{
    public static TheoryData<Primitive> EveryPrimitive => [.. Enum.GetValues<Primitive>()];

    /// <summary>Which cases are worth their time there.</summary>
    protected abstract CaseSizes Sizes { get; }

    /// <summary>Runs the check on each of the devices; skips the test, with the reason, where there is none.</summary>
    protected abstract void OnEach(Primitive primitive, Action<Device> check);

    [Theory]
    [MemberData(nameof(EveryPrimitive))]
    public void EveryCaseIsTheReferences(Primitive primitive)
    {
        var check = new PrimitiveCheck(primitive, Sizes with { Seed = TestDevices.Seed });
        OnEach(primitive, device =>
        {
            long live = device.Counters.LiveBytes;
            CheckResult result = check.Run(device);
            TestContext.Current.TestOutputHelper?.WriteLine($"{device}: {result.Cases} calls, largest error {result.Error:G3} of what is allowed");
            Assert.True(result.IsGood, $"{primitive} on {device}, seed {TestDevices.Seed}: {result.Failure}");
            Assert.Equal(live, device.Counters.LiveBytes);
        });
    }
}

/// <summary>At every SIMD level that this processor has; in a child process, which is limited to a lesser one, at the best.</summary>
[EverySimdLevel]
public sealed class CpuPrimitiveParityTests : PrimitiveParity
{
    // Without vector instructions every lane is emulated: a child process takes smaller ranges.
    protected override CaseSizes Sizes => CpuDeviceProcessTests.IsChild ? new CaseSizes(1000, 4000, 5) : new CaseSizes(40_003, 500_000, TestDevices.IsLong ? 60 : 20);

    protected override void OnEach(Primitive primitive, Action<Device> check)
    {
        int threads = 3;
        foreach (SimdLevel level in Enum.GetValues<SimdLevel>().Where(level => level <= CpuDevice.Best).Reverse())
        {
            using var device = new CpuDevice(threads--, level);
            check(device);
            if (CpuDeviceProcessTests.IsChild) return;
        }
    }
}

/// <summary>On PoCL or whatever OpenCL device is first.</summary>
[Collection("gpu")]
public sealed class GpuOpenClPrimitiveParityTests(GpuFixture fixture) : PrimitiveParity
{
    // The tiles of the product kernel are the doctor's: DoctorOpenClTests.
    protected override CaseSizes Sizes => CaseSizes.Usual with { Drawn = 40, HasTiles = false };

    /// <summary>The cases also launch the kernels that the description names, so that each is checked, and no others, so that each is compiled to PTX.</summary>
    protected override void OnEach(Primitive primitive, Action<Device> check)
    {
        GpuDevice device = fixture.OpenCl;
        IReadOnlyDictionary<string, long> before = device.Kernels.Snapshot();
        check(device);
        IReadOnlyList<string> named = Primitives.Of(primitive).Kernels;
        IEnumerable<string> launched = device.Kernels.Since(before).Keys.Select(kernel => named.FirstOrDefault(name => GpuPtx.IsClosed(kernel, name)) ?? kernel);
        Assert.Equal(named.Order(StringComparer.Ordinal), launched.Distinct().Order(StringComparer.Ordinal));
    }
}

/// <summary>On ILGPU's simulator, which checks what a driver does not.</summary>
[Collection("simulator")]
public sealed class GpuSimulatorPrimitiveParityTests(SimulatorFixture fixture) : PrimitiveParity
{
    protected override CaseSizes Sizes => TestDevices.IsLong ? CaseSizes.Small : CaseSizes.Small with { MostListed = 1, MostFunctions = 6 };

    protected override void OnEach(Primitive primitive, Action<Device> check) => check(fixture.Device);
}
