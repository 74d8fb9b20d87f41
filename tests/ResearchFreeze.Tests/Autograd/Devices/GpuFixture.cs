using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>One device of each kind for all tests: kernels are compiled once.</summary>
public sealed class GpuFixture : IDisposable
{
    private GpuDevice? openCl;
    private GpuDevice? simulator;

    /// <summary>The first OpenCL device, PoCL on most machines. Skips the test where there is none.</summary>
    public GpuDevice OpenCl
    {
        get
        {
            if (openCl is not null) return openCl;
            if (GpuDevice.List(allowUnsupported: true).All(device => !device.Name.StartsWith("opencl:", StringComparison.Ordinal) || !device.IsUsable))
                Assert.Skip("no OpenCL device: install pocl-opencl-icd and ocl-icd-opencl-dev");
            return openCl = GpuDevice.OpenCl(allowUnsupported: true);
        }
    }

    public GpuDevice Simulator => simulator ??= GpuDevice.Simulator();

    public void Dispose()
    {
        openCl?.Dispose();
        simulator?.Dispose();
    }
}

[CollectionDefinition("gpu")]
public sealed class GpuCollection : ICollectionFixture<GpuFixture>;
