using System.Runtime.InteropServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Host memory that uploads are copied to before they are issued, so that an upload neither waits for the device nor depends on what the caller does with
/// its array. Slots are handed out one after the other and are free again once the device has caught up.
/// </summary>
internal sealed unsafe class GpuStaging(GpuDevice device) : IDisposable
{
    private const int Megabytes = 32;
    private const int Size = Megabytes << 20, Alignment = 64;
    private byte* memory;
    private int used;

    /// <summary>The most bytes of one slot. A larger upload is cut.</summary>
    public const int MaxSlot = Size / 4;

    /// <summary>A slot for elements of this type.</summary>
    public Span<T> Rent<T>(int length)
        where T : unmanaged
    {
        int bytes = ((length * sizeof(T)) + Alignment - 1) & ~(Alignment - 1);
        if (memory == null) memory = (byte*)NativeMemory.AlignedAlloc(Size, Alignment);
        // The one wait outside a download: once every 32 MiB of uploads, for slots that the device has most likely long read.
        if (used + bytes > Size) device.Synchronize();
        var slot = new Span<T>(memory + used, length);
        used += bytes;
        return slot;
    }

    /// <summary>All work issued so far has been done: every slot is free.</summary>
    public void DeviceHasCaughtUp() => used = 0;

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(memory);
        memory = null;
    }
}
