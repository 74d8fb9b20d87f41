using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>
/// One OpenCL device for all tests: kernels are compiled once. With <c>RESEARCHFREEZE_GPU=cuda:0</c>, or another device's name, the tests of OpenCL run on that device: a card is checked by the whole suite.
/// </summary>
public sealed class GpuFixture : IDisposable
{
    private const string Name = "RESEARCHFREEZE_GPU";
    private readonly CompiledKernels kernels = new();
    private readonly GpuDevice?[] rounded = new GpuDevice?[3];
    private GpuDevice? openCl;

    /// <summary>Whether the tests of OpenCL run on a card by CUDA.</summary>
    public static bool IsCuda => Environment.GetEnvironmentVariable(Name)?.StartsWith("cuda", StringComparison.Ordinal) == true;

    /// <summary>The first usable OpenCL device, PoCL on most machines, or the one that was asked for. Skips the test where there is none. Its counts go on.</summary>
    public GpuDevice OpenCl
    {
        get
        {
            openCl ??= NewOpenCl();
            return openCl;
        }
    }

    /// <summary>The same in a precision, kept for all tests.</summary>
    public GpuDevice OpenClIn(Precision precision) => precision == Precision.Float32 ? OpenCl : rounded[(int)precision] ??= NewOpenCl(precision);

    /// <summary>The same device again, for tests that dispose it. It shares nothing with the others but what the kernels' methods compile to.</summary>
    public GpuDevice NewOpenCl() => NewOpenCl(Precision.Float32);

    /// <summary>The same device in a precision: on OpenCL the portable twin of the tensor cores' instruction.</summary>
    public GpuDevice NewOpenCl(Precision precision)
    {
        // One that was asked for and can't be had is a failure, not a skip.
        if (Environment.GetEnvironmentVariable(Name) is { Length: > 0 } name) return (GpuDevice)ResearchFreeze.Autograd.Devices.Create(name, precision: precision);
        GpuDeviceDescription? found = GpuDevice.List(allowUnsupported: true).FirstOrDefault(device => device.IsUsable && device.Name.StartsWith("opencl:", StringComparison.Ordinal));
        if (found is null) Assert.Skip("no OpenCL device: install pocl-opencl-icd and ocl-icd-opencl-dev");
        return GpuDrivers.OpenOpenCl(int.Parse(found.Name["opencl:".Length..], System.Globalization.CultureInfo.InvariantCulture), allowUnsupported: true, precision, kernels);
    }

    public void Dispose()
    {
        openCl?.Dispose();
        foreach (GpuDevice? device in rounded) device?.Dispose();
    }
}

[CollectionDefinition("gpu")]
public sealed class GpuCollection : ICollectionFixture<GpuFixture>;
