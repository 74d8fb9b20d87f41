using ILGPU;
using ILGPU.Runtime.OpenCL;

namespace ResearchFreeze.Autograd;

/// <summary>A launch on OpenCL with a kernel of its own: the driver has its arguments, so that repeating it is one call.</summary>
internal sealed class ClLaunch : IDisposable
{
    private readonly ClApi api;
    private readonly nint queue;
    private readonly nuint[] global = new nuint[3], local = new nuint[3];
    private nint kernel;

    private ClLaunch(ClApi api, nint queue, nint kernel, KernelConfig config)
    {
        (this.api, this.queue, this.kernel) = (api, queue, kernel);
        (int X, int Y, int Z) groups = (config.GridDim.X, config.GridDim.Y, config.GridDim.Z), threads = (config.GroupDim.X, config.GroupDim.Y, config.GroupDim.Z);
        (local[0], local[1], local[2]) = ((nuint)threads.X, (nuint)threads.Y, (nuint)threads.Z);
        (global[0], global[1], global[2]) = ((nuint)groups.X * local[0], (nuint)groups.Y * local[1], (nuint)groups.Z * local[2]);
    }

    /// <summary>The launch that this kernel was just used for; null: the driver cannot copy a kernel.</summary>
    public static ClLaunch? Of(CLKernel kernel, KernelConfig config)
    {
        if (ClApi.Found is not { } api || kernel.Accelerator.DefaultStream is not CLStream stream) return null;
        nint own = api.Clone(kernel.KernelPtr);
        return own == 0 ? null : new ClLaunch(api, stream.CommandQueue, own, config);
    }

    /// <summary>Launches.</summary>
    public bool Issue()
    {
        int error = api.Enqueue(queue, kernel, global, local);
        return error == 0 ? true : throw new CLException((CLError)error);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (kernel != 0) api.Release(kernel);
        kernel = 0;
    }
}
