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
        // Both kinds of element are four bytes. An empty storage still gets an address of its own.
        memory = NativeMemory.AlignedAlloc(Math.Max((nuint)capacity, 1) * sizeof(float), NativeBuffer.Alignment);
    }

    /// <summary>Its content as an operand of products, packed, while it rests.</summary>
    public PackedOperand Packed { get; } = new();

    public float* Reals => (float*)memory;

    public int* Integers => (int*)memory;

    internal override void Returned() => Packed.Free();

    protected internal override void Free()
    {
        Packed.Free();
        NativeMemory.AlignedFree(memory);
        memory = null;
    }
}

/// <summary>
/// Work space of the device: grows when asked for more, then is used again, so that a steady step allocates nothing. Its content is undefined after growing.
/// </summary>
internal sealed unsafe class NativeBuffer
{
    public const nuint Alignment = 64;
    private void* memory;
    private long capacity;

    /// <summary>Bytes that it has.</summary>
    public long Capacity => capacity;

    /// <summary>Room for this many bytes.</summary>
    public void* Bytes(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count > capacity)
        {
            Free();
            memory = NativeMemory.AlignedAlloc((nuint)count, Alignment);
            capacity = count;
        }
        return memory;
    }

    public float* Floats(long count) => (float*)Bytes(count * sizeof(float));

    public double* Doubles(long count) => (double*)Bytes(count * sizeof(double));

    public void Free()
    {
        NativeMemory.AlignedFree(memory);
        memory = null;
        capacity = 0;
    }
}
