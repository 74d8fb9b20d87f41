using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>Every primitive at the best SIMD level, which is the one that a child process is limited to; see <see cref="CpuDeviceProcessTests"/>.</summary>
[EverySimdLevel]
public sealed class CpuDeviceTests : DevicePrimitiveParity
{
    protected override double Tolerance => 1e-5;

    // Without vector instructions every lane is emulated: a child process takes smaller ranges.
    protected override int MaxElements => CpuDeviceProcessTests.IsChild ? 1000 : base.MaxElements;

    protected override int MaxExtent => CpuDeviceProcessTests.IsChild ? 300 : base.MaxExtent;

    protected override Device CreateDevice() => new CpuDevice(threads: 3);

    [Fact]
    public void EveryOperationIsRight()
    {
        // A few cases here, for the lesser processors too; the operations' own tests draw many.
        using var device = new CpuDevice(2);
        foreach (OperationSpec spec in OperationSpecs.All) spec.Verify([device], 3, TestDevices.Seed);
    }

    [Fact]
    public void BestLevelIsWhatTheEnvironmentAllows()
    {
        string? expected = Environment.GetEnvironmentVariable(CpuDeviceProcessTests.ExpectedLevel);
        Assert.SkipUnless(CpuDeviceProcessTests.IsChild, $"Only in a child process, where {CpuDeviceProcessTests.ExpectedLevel} is set.");
        Assert.Equal(expected, CpuDevice.Best.ToString());
    }

    [Fact]
    public void DescriptionNamesLevelAndThreads()
    {
        using var device = new CpuDevice(2, SimdLevel.Vector128);
        Assert.Equal("cpu (128-bit vectors, 2 threads)", device.ToString());
        Assert.Equal((2, SimdLevel.Vector128, true), (device.Threads, device.SimdLevel, device.IsSynchronous));
        using var all = new CpuDevice();
        Assert.Equal((Environment.ProcessorCount, CpuDevice.Best), (all.Threads, all.SimdLevel));
    }

    [Fact]
    public void AMissingLevelIsUnavailable()
    {
        Assert.SkipWhen(CpuDevice.Best == SimdLevel.Avx512, "This processor has every level; a child process without them runs this.");
        Assert.Throws<DeviceUnavailableException>(() => new CpuDevice(1, SimdLevel.Avx512));
    }

    [Fact]
    public void MemoryIsAligned()
    {
        using var device = new CpuDevice(1);
        foreach (int length in (int[])[0, 1, 17, 1000])
        {
            Storage storage = device.Rent(ElementKind.Real, length, MemoryKind.Activation);
            unsafe
            {
                Assert.Equal(0, (long)((CpuStorage)storage).Reals % 64);
            }
            storage.Release();
        }
        Assert.Equal(0, device.Counters.LiveBytes);
    }
}

/// <summary>Every primitive with AVX2's products.</summary>
public sealed class CpuDeviceAvx2Tests : DevicePrimitiveParity
{
    protected override double Tolerance => 1e-5;

    protected override Device CreateDevice()
    {
        Assert.SkipUnless(CpuDevice.Best >= SimdLevel.Avx2, "This processor has no AVX2.");
        return new CpuDevice(2, SimdLevel.Avx2);
    }
}

/// <summary>Every primitive with the products of any processor.</summary>
public sealed class CpuDeviceVector128Tests : DevicePrimitiveParity
{
    protected override double Tolerance => 1e-5;

    protected override Device CreateDevice() => new CpuDevice(1, SimdLevel.Vector128);
}
