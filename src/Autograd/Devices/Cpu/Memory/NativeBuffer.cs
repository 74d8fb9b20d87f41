using System.Runtime.InteropServices;

namespace ResearchFreeze.Autograd;

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
