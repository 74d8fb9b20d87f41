using System.Runtime.InteropServices;

namespace ResearchFreeze.Autograd;

/// <summary>The three functions of OpenCL 2.1 that ILGPU has no use for, from the loader that it has opened already.</summary>
internal sealed unsafe class ClApi
{
    private static readonly string[] Names = OperatingSystem.IsWindows() ? ["OpenCL.dll"] : ["libOpenCL.so", "libOpenCL.so.1"];
    private readonly delegate* unmanaged<nint, int*, nint> clone;
    private readonly delegate* unmanaged<nint, nint, uint, nuint*, nuint*, nuint*, uint, nint, nint, int> enqueue;
    private readonly delegate* unmanaged<nint, int> release;

    private ClApi(nint clone, nint enqueue, nint release)
    {
        this.clone = (delegate* unmanaged<nint, int*, nint>)clone;
        this.enqueue = (delegate* unmanaged<nint, nint, uint, nuint*, nuint*, nuint*, uint, nint, nint, int>)enqueue;
        this.release = (delegate* unmanaged<nint, int>)release;
    }

    /// <summary>Null where the loader is older than OpenCL 2.1.</summary>
    public static ClApi? Found { get; } = Find();

    /// <summary>A kernel with the arguments that another has now; 0: the driver cannot.</summary>
    public nint Clone(nint kernel)
    {
        int error;
        nint result = clone(kernel, &error);
        return error == 0 ? result : 0;
    }

    /// <summary>Launches; gives the driver's error, 0: none.</summary>
    public int Enqueue(nint queue, nint kernel, ReadOnlySpan<nuint> global, ReadOnlySpan<nuint> local)
    {
        fixed (nuint* all = global, group = local) return enqueue(queue, kernel, (uint)global.Length, null, all, group, 0, 0, 0);
    }

    public void Release(nint kernel) => release(kernel);

    private static ClApi? Find()
    {
        foreach (string name in Names)
        {
            // Never freed: a driver that is in use must not be unloaded.
            if (NativeLibrary.TryLoad(name, out nint library) && NativeLibrary.TryGetExport(library, "clCloneKernel", out nint clone)
                && NativeLibrary.TryGetExport(library, "clEnqueueNDRangeKernel", out nint enqueue) && NativeLibrary.TryGetExport(library, "clReleaseKernel", out nint release)) return new ClApi(clone, enqueue, release);
        }
        return null;
    }
}
