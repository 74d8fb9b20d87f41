using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>What all devices are held to, on PoCL or whatever OpenCL device is first.</summary>
[Collection("gpu")]
public sealed class GpuOpenClParityTests(GpuFixture fixture) : DevicePrimitiveParity
{
    protected override double Tolerance => 1e-5;

    protected override int MaxExtent => 300;

    protected override int MaxElements => 10_000;

    /// <summary>Kernels are compiled once for all tests: a device for each test would spend most of the time on that.</summary>
    protected override bool OwnsDevice => false;

    protected override Device CreateDevice() => fixture.OpenCl;
}

/// <summary>Shapes that matter to the kernels: ends of groups and tiles, sums in two passes, work space used by one primitive after the other.</summary>
[Collection("gpu")]
public sealed class GpuOpenClKernelTests(GpuFixture fixture) : GpuParity
{
    protected override Device Device => fixture.OpenCl;

    protected override bool IsFast => true;
}

/// <summary>The same on ILGPU's simulator, which checks what a driver does not, with few small shapes: it is slow.</summary>
[Collection("gpu")]
public sealed class GpuSimulatorTests(GpuFixture fixture) : GpuParity
{
    protected override Device Device => fixture.Simulator;

    protected override bool IsFast => false;
}
