using ILGPU;
using ILGPU.Runtime;

namespace ResearchFreeze.Autograd;

/// <summary>A buffer of an ILGPU accelerator. The pool never asks for an empty one.</summary>
internal sealed class GpuStorage : Storage
{
    private readonly GpuDevice device;
    private readonly MemoryBuffer buffer;

    public GpuStorage(GpuDevice device, Accelerator accelerator, ElementKind kind, int capacity)
        : base(device, kind, capacity)
    {
        this.device = device;
        if (kind == ElementKind.Real)
        {
            MemoryBuffer1D<float, Stride1D.Dense> reals = accelerator.Allocate1D<float>(capacity);
            buffer = reals;
            Reals = reals.View.BaseView;
        }
        else if (kind == ElementKind.BFloat16)
        {
            MemoryBuffer1D<ushort, Stride1D.Dense> halves = accelerator.Allocate1D<ushort>(capacity);
            buffer = halves;
            BFloat16s = halves.View.BaseView;
        }
        else
        {
            MemoryBuffer1D<int, Stride1D.Dense> integers = accelerator.Allocate1D<int>(capacity);
            buffer = integers;
            Integers = integers.View.BaseView;
        }
        device.CountTaken(BytesOf(kind, capacity));
    }

    public ArrayView<float> Reals { get; }

    public ArrayView<int> Integers { get; }

    public ArrayView<ushort> BFloat16s { get; }

    /// <summary>Bytes of so many elements.</summary>
    public static long BytesOf(ElementKind kind, int capacity) => (long)capacity * (kind == ElementKind.BFloat16 ? sizeof(ushort) : sizeof(float));

    protected internal override void Free()
    {
        buffer.Dispose();
        device.CountTaken(-BytesOf(Kind, Capacity));
    }
}
