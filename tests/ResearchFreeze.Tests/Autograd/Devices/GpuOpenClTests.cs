using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

[Collection("gpu")]
public sealed class GpuOpenClTests(GpuFixture fixture) : GpuParity
{
    protected override Device Device => fixture.OpenCl;

    protected override bool IsFast => true;
}

[Collection("gpu")]
public sealed class GpuSimulatorTests(GpuFixture fixture) : GpuParity
{
    protected override Device Device => fixture.Simulator;

    protected override bool IsFast => false;
}
