using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Host memory that a device reads by itself while the program goes on: page-locked for CUDA, which otherwise copies it once more and waits; ordinary elsewhere. Taken when first asked for.
/// </summary>
internal sealed class GpuHostMemory(GpuDevice device, Accelerator accelerator, int length) : IDisposable
{
    private PageLockedArray1D<float>? locked;
    private float[]? ordinary;

    /// <summary>The elements; they do not move.</summary>
    public Span<float> Span
    {
        get
        {
            if (locked is null && ordinary is null) Allocate();
            return locked is not null ? locked.Span : ordinary;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        locked?.Dispose();
        locked = null;
        ordinary = null;
    }

    private void Allocate()
    {
        try
        {
            if (accelerator is CudaAccelerator) locked = accelerator.AllocatePageLocked1D<float>(length);
        }
        catch (AcceleratorException e)
        {
            // A limit on locked memory, for example in a container.
            device.Warn($"{device.Name}: no page-locked memory ({e.Message.ReplaceLineEndings(" ")}); uploads are slower.");
        }
        if (locked is null) ordinary = GC.AllocateUninitializedArray<float>(length, pinned: true);
    }
}
