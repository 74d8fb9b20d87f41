using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>One of ILGPU's simulated devices for all tests: kernels are compiled once. It shares nothing with OpenCL's device, so that its tests run beside those.</summary>
public sealed class SimulatorFixture : IDisposable
{
    private GpuDevice? device;

    public GpuDevice Device => device ??= GpuDevice.Simulator();

    public void Dispose() => device?.Dispose();
}

[CollectionDefinition("simulator")]
public sealed class SimulatorCollection : ICollectionFixture<SimulatorFixture>;
