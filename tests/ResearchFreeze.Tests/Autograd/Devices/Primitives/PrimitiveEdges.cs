using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>
/// What the cases of <see cref="PrimitiveParity"/> do not show: not-a-number and infinities through every formula, results much smaller than what they are computed from, what must not be touched, many at once. Derived for each kind of device.
/// </summary>
public abstract partial class PrimitiveEdges : IDisposable
{
    private readonly List<Twin> twins = [];
    private readonly RandomStream random = new(42, "edges");
    private readonly ReferenceDevice reference = new();
    private Device? device;
    private long liveBefore;

    /// <summary>Makes the device; skips the test, with the reason, where there is none.</summary>
    protected abstract Device CreateDevice();

    /// <summary>Whether the device is this test's alone; one that is expensive to make is shared: kernels are compiled once for all tests.</summary>
    protected virtual bool OwnsDevice => true;

    /// <summary>Elements of the largest ranges worth the time on this device.</summary>
    protected virtual int MaxElements => 40_003;

    private Device Device
    {
        get
        {
            if (device is null)
            {
                device = CreateDevice();
                liveBefore = device.Counters.LiveBytes;
            }
            return device;
        }
    }

    public void Dispose()
    {
        foreach (Twin twin in twins) twin.Release();
        if (device is not null)
        {
            Assert.Equal(liveBefore, device.Counters.LiveBytes);
            if (OwnsDevice) device.Dispose();
        }
        reference.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>By the host's own values: cases hold one device's copies against another's.</summary>
    [Fact]
    public void UploadedValuesComeBack()
    {
        foreach (int length in (int[])[1, 7, 1000, 40_003])
        {
            float[] values = [.. Draw(length, -5, 5).Select(value => (float)value)], singles = new float[length];
            Twin x = Garbage("x", length);
            foreach (Device on in Both()) on.Upload(values, x.On(on));
            x.AssertSame($"upload {length}", reference, Device, 0);
            Device.Download(x.OnDevice, singles);
            Assert.Equal(values, singles);

            int[] integers = [.. values.Select(value => (int)(value * 1e8f))], back = new int[length];
            Device.Download(Keep(Twin.Of("integers", integers, reference, Device)).OnDevice, back);
            Assert.Equal(integers, back);
            Release();
        }
    }

    [Fact]
    public void ScatterRowsTouchesOnlyRowsThatWereUsedWhereItAccumulates()
    {
        // Adding anything to −0 leaves +0.
        double[] negative = [.. Enumerable.Repeat(-0.0, 7 * 9)];
        Twin table = Keep(Twin.Of("table", negative, reference, Device)), ids = Keep(Twin.Of("ids", [2, 5, 2, -1, 7], reference, Device)), dy = Random("dy", 5 * 9);
        Device.ScatterRows(9, ids.OnDevice, dy.OnDevice, table.OnDevice, 1);
        double[] found = table.Values(Device);
        for (int i = 0; i < found.Length; i++) Assert.Equal(i / 9 is 2 or 5, found[i] != 0 || !double.IsNegative(found[i]));
    }

    private Device[] Both() => [reference, Device];

    private Twin Keep(Twin twin)
    {
        twins.Add(twin);
        return twin;
    }

    private double[] Draw(int length, double low, double high)
    {
        var values = new double[length];
        for (int i = 0; i < length; i++) values[i] = (float)(low + ((high - low) * random.NextDouble()));   // the same number on both
        return values;
    }

    private Twin Random(string name, int length, double low = -1, double high = 1) => Keep(Twin.Of(name, Draw(length, low, high), reference, Device));

    private Twin Garbage(string name, int length) => Keep(Twin.Of(name, [.. Enumerable.Repeat(double.NaN, length)], reference, Device));

    private void Release()
    {
        foreach (Twin twin in twins) twin.Release();
        twins.Clear();
    }
}

/// <summary>At the best SIMD level, which is the one that a child process is limited to.</summary>
[EverySimdLevel]
public sealed class CpuPrimitiveEdgeTests : PrimitiveEdges
{
    protected override int MaxElements => CpuDeviceProcessTests.IsChild ? 1000 : base.MaxElements;

    protected override Device CreateDevice() => new CpuDevice(threads: 3);
}

/// <summary>On PoCL or whatever OpenCL device is first.</summary>
[Collection("gpu")]
public sealed class GpuOpenClPrimitiveEdgeTests(GpuFixture fixture) : PrimitiveEdges
{
    protected override bool OwnsDevice => false;

    protected override Device CreateDevice() => fixture.OpenCl;
}

/// <summary>On ILGPU's simulator.</summary>
[Collection("simulator")]
public sealed class GpuSimulatorPrimitiveEdgeTests(SimulatorFixture fixture) : PrimitiveEdges
{
    protected override bool OwnsDevice => false;

    protected override int MaxElements => 130;

    protected override Device CreateDevice()
    {
        // OpenCL shows the same values in a fifth of the time; what only the simulator sees, accesses out of bounds, every primitive's cases would show.
        Assert.SkipUnless(TestDevices.IsLong, "the simulator's edges are in the long form: scripts/nightly.sh");
        return fixture.Device;
    }
}
