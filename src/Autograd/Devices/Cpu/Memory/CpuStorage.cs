using System.Runtime.InteropServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Native memory on a cache line's boundary, which is also the widest vector's. The garbage collector neither moves, scans nor waits for it; the device's
/// pool frees it.
/// </summary>
internal sealed unsafe class CpuStorage : Storage
{
    private void* memory;

    public CpuStorage(CpuDevice device, ElementKind kind, int capacity)
        : base(device, kind, capacity)
    {
        // An empty storage still gets an address of its own.
        memory = NativeMemory.AlignedAlloc(Math.Max((nuint)capacity, 1) * (nuint)device.SizeOf(kind), NativeBuffer.Alignment);
    }

    /// <summary>Its content as an operand of products, packed, while it rests.</summary>
    public PackedOperand Packed { get; } = new();

    public float* Reals => (float*)memory;

    public int* Integers => (int*)memory;

    public ushort* BFloat16s => (ushort*)memory;

    internal override void Returned() => Packed.Free();

    protected internal override void Free()
    {
        Packed.Free();
        NativeMemory.AlignedFree(memory);
        memory = null;
    }
}
