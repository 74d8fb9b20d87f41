using System.Reflection;
using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.OpenCL;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace ResearchFreeze.Autograd;

/// <summary>Finds devices and opens them. A driver that is missing or broken is an absent device, never a crash.</summary>
internal static class GpuDrivers
{
    private const string OptIn = "RESEARCHFREEZE_OPENCL_UNSUPPORTED", CuBlasOptIn = "RESEARCHFREEZE_CUBLAS";
    private const string NoDynamicCode = "kernels are compiled at run time, but this program's dynamic code is off, as PublishAot turns it; set the property DynamicCodeSupport to true";
    private const string NoAddressSpace = "does not advertise the generic address space";

    private static readonly Lock AskingDriver = new();

    public static IReadOnlyList<GpuDeviceDescription> List(bool allowUnsupported)
    {
        // Not silently none: this is for the program to mend.
        if (!RuntimeFeature.IsDynamicCodeSupported) return [new("cuda", "NVIDIA's GPUs", false, NoDynamicCode), new("opencl", "OpenCL's devices", false, NoDynamicCode)];
        var result = new List<GpuDeviceDescription>(ListCuda().Found);
        using (Context? context = TryCreate(OpenCl, out _))
        {
            if (context is not null)
            {
                int index = 0;
                foreach (CLDevice device in context.GetCLDevices()) result.Add(Describe($"opencl:{index++}", device, allowUnsupported));
            }
        }
        return result;
    }

    /// <summary>The CUDA devices, and what went wrong where the driver could not be asked.</summary>
    public static (IReadOnlyList<GpuDeviceDescription> Found, string? Trouble) ListCuda()
    {
        var found = new List<GpuDeviceDescription>();
        using Context? context = TryCreate(Cuda, out string? trouble);
        if (context is null) return (found, trouble?.TrimEnd('.'));
        foreach (CudaDevice device in context.GetCudaDevices()) found.Add(new($"cuda:{found.Count}", device.Name, true, ""));
        return (found, null);
    }

    public static GpuDevice OpenOpenCl(int index, bool allowUnsupported, Precision precision = Precision.Float32, CompiledKernels? kernels = null)
    {
        string name = $"opencl:{index}";
        Context context = TryCreate(OpenCl, out string? reason) ?? throw new DeviceUnavailableException($"{name}: {reason}");
        try
        {
            Context.DeviceCollection<CLDevice> devices = context.GetCLDevices();
            if (devices.Count == 0)
                throw new DeviceUnavailableException($"{name}: no OpenCL device was found (on Debian: apt-get install pocl-opencl-icd ocl-icd-opencl-dev).");
            if ((uint)index >= (uint)devices.Count) throw new DeviceUnavailableException($"{name}: only {devices.Count} OpenCL device(s) were found.");
            CLDevice device = devices[index];
            GpuDeviceDescription description = Describe(name, device, allowUnsupported);
            if (!description.IsUsable) throw new DeviceUnavailableException($"{name}: {device.Name} {description.Reason}.");
            bool hasGenericAddressSpace = device.Capabilities.GenericAddressSpace;
            if (!hasGenericAddressSpace) ClaimGenericAddressSpace(device);
            string words = precision == Precision.Float32 ? device.Name : $"{device.Name}, {Precisions.NameOf(precision)} products by emulation";
            return Probed(new GpuDevice(name, words, context, device.CreateCLAccelerator(context), hasGenericAddressSpace, kernels: kernels, precision: precision));
        }
        catch (Exception e)
        {
            throw Closed(context, name, e);
        }
    }

    public static GpuDevice OpenCuda(int index, bool useCuBlas, Precision precision = Precision.Float32)
    {
        string name = $"cuda:{index}";
        Context context = TryCreate(Cuda, out string? reason) ?? throw new DeviceUnavailableException($"{name}: {reason}");
        try
        {
            Context.DeviceCollection<CudaDevice> devices = context.GetCudaDevices();
            if (devices.Count == 0) throw new DeviceUnavailableException($"{name}: no CUDA device was found (is NVIDIA's driver installed?).");
            if ((uint)index >= (uint)devices.Count) throw new DeviceUnavailableException($"{name}: only {devices.Count} CUDA device(s) were found.");
            useCuBlas |= Environment.GetEnvironmentVariable(CuBlasOptIn) == "1";
            CudaDevice device = devices[index];
            if (CannotRound(device.Name, device.Architecture, useCuBlas, precision) is { } trouble) throw new DeviceUnavailableException($"{name}: {trouble}");
            string description = useCuBlas ? $"{device.Name}, products by cuBLAS" : precision == Precision.Float32 ? device.Name : $"{device.Name}, {Precisions.NameOf(precision)} products by tensor cores";
            return Probed(new GpuDevice(name, description, context, device.CreateCudaAccelerator(context), useCuBlas: useCuBlas, precision: precision));
        }
        catch (Exception e)
        {
            throw Closed(context, name, e);
        }
    }

    /// <summary>Why a card cannot compute in a precision; null: it can.</summary>
    internal static string? CannotRound(string card, CudaArchitecture? architecture, bool useCuBlas, Precision precision)
    {
        if (precision == Precision.Float32) return null;
        if (useCuBlas) return $"cuBLAS computes products in float32 here: take it or precision {Precisions.NameOf(precision)}.";
        bool hasInstruction = architecture is { } known && (known.Major, known.Minor).CompareTo((8, 0)) >= 0;
        return hasInstruction ? null : $"precision {Precisions.NameOf(precision)} takes a card of compute capability 8.0 or later, and {card} is {(architecture is { } older ? $"of {older.Major}.{older.Minor}" : "of an unknown one")}.";
    }

    public static GpuDevice OpenSimulator()
    {
        // NVIDIA's warps and the threads of our largest group, no more: every launch wakes a thread of the machine for each, and NVIDIA's kind has 1,024.
        const int Warp = 32;
        var simulated = new CPUDevice(Warp, Cell.GroupSize / Warp, 1);
        Context context = Context.Create(builder => builder.EnableAlgorithms().Profiling().CPU(simulated));
        return new GpuDevice("simulator", "ILGPU's simulator, for tests", context, context.CreateCPUAccelerator(0));
    }

    // Profiling is what ILGPU calls its markers in a stream, which uploads need.
    private static void OpenCl(Context.Builder builder) => builder.EnableAlgorithms().Profiling().OpenCL(_ => true);

    private static void Cuda(Context.Builder builder) => builder.EnableAlgorithms().Profiling().Cuda();

    private static GpuDeviceDescription Describe(string name, CLDevice device, bool allowUnsupported)
    {
        string description = $"{device.Name}, {device.PlatformName}";
        if (device.MaxNumThreadsPerGroup < Cell.GroupSize)
            return new(name, description, false, $"allows {device.MaxNumThreadsPerGroup} threads a group, {Cell.GroupSize} are needed");
        if (device.Capabilities.GenericAddressSpace) return new(name, description, true, "");
        return allowUnsupported || Environment.GetEnvironmentVariable(OptIn) == "1"
            ? new(name, description, true, $"{NoAddressSpace}; used all the same, unsupported")
            : new(name, description, false, $"{NoAddressSpace}; allowed with {OptIn}=1, unsupported");
    }

    /// <summary>
    /// ILGPU declares the views that a kernel is given with OpenCL's <c>__generic</c> qualifier, which a device without the generic address space
    /// (Debian 12's PoCL 3.1) does not compile. Our kernels keep apart what is global and what is shared (ILGPU declares shared memory as <c>local</c>),
    /// so that every generic pointer is a global one and can be declared as such; one that were not would fail to compile, not compute something else.
    /// Part of the documented opt-in: a compiled kernel's entry point is internal to ILGPU.
    /// </summary>
    public static CompiledKernel WithoutGenericAddressSpace(CompiledKernel kernel)
    {
        PropertyInfo? property = typeof(CompiledKernel).GetProperty("EntryPoint", BindingFlags.Instance | BindingFlags.NonPublic);
        if (kernel is not CLCompiledKernel compiled || property?.GetValue(kernel) is not SeparateViewEntryPoint entryPoint)
            throw new DeviceUnavailableException($"this ILGPU's kernels cannot be adapted to a device that {NoAddressSpace}");
        string source = compiled.Source.Replace("__generic ", "__global ", StringComparison.Ordinal);
        return new CLCompiledKernel(compiled.Context, entryPoint, compiled.Info, source, compiled.CVersion);
    }

    /// <summary>
    /// Lets ILGPU open a device that does not advertise the generic address space. The setter is internal: with
    /// <see cref="WithoutGenericAddressSpace"/> the library's one use of reflection.
    /// </summary>
    private static void ClaimGenericAddressSpace(CLDevice device)
    {
        PropertyInfo? property = typeof(CLCapabilityContext).GetProperty(nameof(CLCapabilityContext.GenericAddressSpace));
        if (property?.GetSetMethod(nonPublic: true) is not { } setter)
            throw new DeviceUnavailableException($"this ILGPU cannot be told to use a device that {NoAddressSpace}");
        setter.Invoke(device.Capabilities, [true]);
    }

    private static GpuDevice Probed(GpuDevice device)
    {
        device.Probe();
        return device;
    }

    /// <summary>Asks the driver for its devices, one thread at a time: PoCL fills its list at the first question, and a thread that asks meanwhile is answered from half of it, or the process crashes.</summary>
    private static Context? TryCreate(Action<Context.Builder> configure, out string? reason)
    {
        if (!RuntimeFeature.IsDynamicCodeSupported)
        {
            reason = $"{NoDynamicCode}.";
            return null;
        }
        try
        {
            reason = null;
            lock (AskingDriver) return Context.Create(configure);
        }
        catch (Exception e)
        {
            reason = $"the driver could not be used ({OneLine(e)}).";
            return null;
        }
    }

    private static DeviceUnavailableException Closed(Context context, string name, Exception e)
    {
        context.Dispose();
        return e as DeviceUnavailableException ?? new DeviceUnavailableException($"{name}: the driver could not be used ({OneLine(e)}).");
    }

    private static string OneLine(Exception e) => (e.InnerException ?? e).Message.ReplaceLineEndings(" ");
}
