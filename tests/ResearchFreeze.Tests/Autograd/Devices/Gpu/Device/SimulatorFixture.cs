using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>One of ILGPU's simulated devices for all tests: kernels are compiled once.</summary>
public sealed class SimulatorFixture : IDisposable
{
    private GpuDevice? device;

    public GpuDevice Device => device ??= GpuDevice.Simulator();

    public void Dispose() => device?.Dispose();
}

/// <summary>By itself: the simulator's 256 threads wait for each other by spinning, which beside other tests takes three times as long.</summary>
[CollectionDefinition("simulator", DisableParallelization = true)]
public sealed class SimulatorCollection : ICollectionFixture<SimulatorFixture>;
