using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>What <c>auto</c> makes of a driver's answers; the drivers here are made up.</summary>
public sealed class AutoDeviceTests
{
    private static readonly GpuDeviceDescription First = new("cuda:0", "Card A", true, ""), Second = new("cuda:1", "Card B", true, "");

    [Fact]
    public void TheFirstThatOpensIsTaken()
    {
        (string name, string reason, Device? gpu) = Devices.Pick(() => ([First, Second], null), name => name == "cuda:0" ? throw new DeviceUnavailableException("cuda:0: broken.") : new ReferenceDevice());
        using (gpu) Assert.Equal(("cuda:1", "Card B is there and works", true), (name, reason, gpu is ReferenceDevice));
    }

    [Fact]
    public void ADriverThatFailsMeansTheCpuAndSaysWhy()
    {
        static Device Broken(string name) => throw new DeviceUnavailableException($"{name}: a kernel ran and changed nothing.");
        Assert.Equal(("cpu", "CUDA's driver is there, but no usable device: cuda:0: a kernel ran and changed nothing", (Device?)null), Devices.Pick(() => ([First, Second], null), Broken));
        Assert.Equal(("cpu", "CUDA's driver is there, but no usable device: the driver could not be used (old)", (Device?)null), Devices.Pick(() => ([], "the driver could not be used (old)"), Broken));
        Assert.Equal(("cpu", "CUDA's driver is there, but no usable device was found", (Device?)null), Devices.Pick(() => ([], null), Broken));
    }

    [Fact]
    public void OnlyThatTheCpuIsTakenIsTold()
    {
        var said = new List<string>();
        using (Device gpu = Devices.GpuOrCpu(("cuda:1", "Card B is there and works", new ReferenceDevice()), 1, said.Add)) Assert.IsType<ReferenceDevice>(gpu);
        Assert.Empty(said);
        using Device cpu = Devices.GpuOrCpu(Devices.Pick(() => ([], "the driver could not be used (old)"), _ => throw new InvalidOperationException()), 1, said.Add);
        Assert.IsType<CpuDevice>(cpu);
        Assert.Equal(["auto picks cpu: CUDA's driver is there, but no usable device: the driver could not be used (old)"], said);
        using Device quiet = Devices.GpuOrCpu(("cpu", "no CUDA driver was found", null), 1, null);
        Assert.IsType<CpuDevice>(quiet);
    }
}
