using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>One device of each kind for all tests: kernels are compiled once.</summary>
public sealed class GpuFixture : IDisposable
{
    private GpuDevice? openCl;
    private GpuDevice? simulator;

    /// <summary>The first usable OpenCL device, PoCL on most machines. Skips the test where there is none. Its work is counted as on a fresh device, whatever the last test's was for; its counts go on.</summary>
    public GpuDevice OpenCl
    {
        get
        {
            openCl ??= NewOpenCl();
            (openCl.Counters.Kind, openCl.Counters.Unit) = (CostKind.Forward, 0);
            return openCl;
        }
    }

    public GpuDevice Simulator => simulator ??= GpuDevice.Simulator();

    /// <summary>The same device again, for tests that dispose it.</summary>
    public GpuDevice NewOpenCl()
    {
        GpuDeviceDescription? found = GpuDevice.List(allowUnsupported: true).FirstOrDefault(device => device.IsUsable && device.Name.StartsWith("opencl:", StringComparison.Ordinal));
        if (found is null) Assert.Skip("no OpenCL device: install pocl-opencl-icd and ocl-icd-opencl-dev");
        return GpuDevice.OpenCl(int.Parse(found.Name["opencl:".Length..], System.Globalization.CultureInfo.InvariantCulture), allowUnsupported: true);
    }

    public void Dispose()
    {
        openCl?.Dispose();
        simulator?.Dispose();
    }
}

[CollectionDefinition("gpu")]
public sealed class GpuCollection : ICollectionFixture<GpuFixture>;
