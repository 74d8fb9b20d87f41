using System.Globalization;

namespace ResearchFreeze.Autograd;

/// <summary>A device that could be asked for, and what picking says about it.</summary>
/// <param name="Name">What picks it.</param>
/// <param name="Description">What it is.</param>
/// <param name="IsUsable">Whether it works here.</param>
/// <param name="Reason">Why not, or what is to be known about it; empty where there is nothing to say.</param>
public sealed record DeviceChoice(string Name, string Description, bool IsUsable, string Reason);

/// <summary>Finds, picks and describes devices. ILGPU is loaded only when a GPU is asked for or listed, or, for <c>auto</c>, where NVIDIA's driver is installed.</summary>
public static class Devices
{
    /// <summary>What <see cref="Create"/> understands.</summary>
    public static IReadOnlyList<string> Names { get; } = ["auto", "cpu", "opencl[:i]", "cuda[:i]", "reference"];

    /// <summary>The device that training should use here: CUDA if it works, then the CPU.</summary>
    public static Device Best(int threads = 0) => Create("auto", threads);

    /// <summary>Makes the device that a name picks: <c>auto</c>, <c>cpu</c>, <c>opencl[:i]</c>, <c>cuda[:i]</c> or <c>reference</c>.</summary>
    /// <param name="name">The name.</param>
    /// <param name="threads">For the CPU; 0: one for each processor.</param>
    /// <param name="warn">Receives one line where <c>auto</c> means the CPU although CUDA's driver is installed; null: nobody is told.</param>
    /// <param name="precision">What operands of products and convolutions are rounded to: on a card by tensor cores, on OpenCL by emulation, on the reference by definition. The CPU computes in float32 only.</param>
    /// <exception cref="ArgumentException">There is no such name.</exception>
    /// <exception cref="DeviceUnavailableException">The device does not work here, or not in this precision; the message says why.</exception>
    public static Device Create(string name, int threads = 0, Action<string>? warn = null, Precision precision = Precision.Float32)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        (string kind, int index) = Parse(name);
        return kind switch
        {
            // Where there is no driver, nobody expects a GPU.
            "auto" => GpuOrCpu(Auto(precision), threads, CudaDriver.IsThere() ? warn : null, precision),
            "cpu" => Cpu(threads, precision),
            "opencl" => GpuDevice.OpenCl(index, precision: precision),
            "cuda" => GpuDevice.Cuda(index, precision: precision),
            _ => new ReferenceDevice(precision),
        };
    }

    /// <summary>Everything that could be picked, in the order in which <c>auto</c> would take it.</summary>
    public static IReadOnlyList<DeviceChoice> List()
    {
        GpuDeviceDescription[] gpus = [.. GpuDevice.List()];
        using var cpu = new CpuDevice();
        using var reference = new ReferenceDevice();
        var choices = new List<DeviceChoice>();
        choices.AddRange(gpus.Where(gpu => gpu.Name.StartsWith("cuda", StringComparison.Ordinal)).Select(Of));
        choices.Add(new DeviceChoice(cpu.Name, cpu.Description, true, ""));
        choices.AddRange(gpus.Where(gpu => !gpu.Name.StartsWith("cuda", StringComparison.Ordinal)).Select(Of));
        choices.Add(new DeviceChoice(reference.Name, reference.Description, true, ""));
        return choices;
    }

    /// <summary>What <c>auto</c> picks, and why. A CUDA device is opened to find out whether it works.</summary>
    public static (string Name, string Reason) Picked()
    {
        (string name, string reason, Device? gpu) = Auto();
        gpu?.Dispose();
        return (name, reason);
    }

    /// <summary>The first CUDA device that can be opened, and what is said about that; the CPU where there is none.</summary>
    internal static (string Name, string Reason, Device? Gpu) Pick(Func<(IReadOnlyList<GpuDeviceDescription> Found, string? Trouble)> list, Func<string, Device> open)
    {
        (IReadOnlyList<GpuDeviceDescription> found, string? trouble) = list();
        foreach (GpuDeviceDescription cuda in found.Where(gpu => gpu.IsUsable))
        {
            try
            {
                return (cuda.Name, $"{cuda.Description} is there and works", open(cuda.Name));
            }
            catch (DeviceUnavailableException e)
            {
                trouble ??= e.Message.TrimEnd('.');
            }
        }
        return ("cpu", $"CUDA's driver is there, but no usable device{(trouble is null ? " was found" : $": {trouble}")}", null);
    }

    /// <summary>What was picked, as a device. That there is no GPU is told.</summary>
    internal static Device GpuOrCpu((string Name, string Reason, Device? Gpu) picked, int threads, Action<string>? warn, Precision precision = Precision.Float32)
    {
        if (picked.Gpu is { } gpu) return gpu;
        warn?.Invoke($"auto picks {picked.Name}: {picked.Reason}");
        return Cpu(threads, precision);
    }

    private static CpuDevice Cpu(int threads, Precision precision) => precision == Precision.Float32
        ? new CpuDevice(threads)
        : throw new DeviceUnavailableException($"cpu: computes in float32 only; precision {Precisions.NameOf(precision)} takes a CUDA card of compute capability 8.0 or later, or an OpenCL device, which emulates it.");

    private static DeviceChoice Of(GpuDeviceDescription gpu) => new(gpu.Name, gpu.Description, gpu.IsUsable, gpu.Reason);

    // Opened to be picked: a driver that lists a card may still fail to run anything on it.
    private static (string Name, string Reason, Device? Gpu) Auto(Precision precision = Precision.Float32) =>
        CudaDriver.IsThere() ? Pick(GpuDrivers.ListCuda, name => Create(name, precision: precision)) : ("cpu", "no CUDA driver was found", null);

    private static (string Kind, int Index) Parse(string name)
    {
        string[] parts = name.Split(':');
        bool takesIndex = parts[0] is "opencl" or "cuda";
        int index = 0;
        bool isKnown = parts[0] is "auto" or "cpu" or "reference" || takesIndex;
        bool isWellFormed = parts.Length == 1 || (parts.Length == 2 && takesIndex && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out index));
        if (!isKnown || !isWellFormed) throw new ArgumentException($"Device '{name}' is unknown; known are {string.Join(", ", Names)}.");
        return (parts[0], index);
    }
}
