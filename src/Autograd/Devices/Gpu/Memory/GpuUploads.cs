using ILGPU;
using ILGPU.Runtime;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Uploads. The caller's array is free at once: values are copied to host memory of the device's first. Small uploads are then issued in order with the work. Large ones, batches, travel on a stream of their own while
/// the work that was issued before still runs, to one of two landing buffers outside the pool, and are copied from there to their place in order with the work. What the host waits for, and why, is in ADR 16.
/// </summary>
internal sealed class GpuUploads(GpuDevice device, Accelerator accelerator, AcceleratorStream work) : IDisposable
{
    /// <summary>The most elements of an upload that is issued with the work: its transfer costs less than what the host would wait.</summary>
    public const int SmallLength = 1 << 16;

    /// <summary>Elements of a piece that a large upload is cut into on the host: one is filled while the other travels.</summary>
    public const int PieceLength = 1 << 20;

    private const int RingLength = 1 << 18, Alignment = 16;
    private readonly AcceleratorStream copies = accelerator.CreateStream();
    private readonly GpuHostMemory ring = new(device, accelerator, 2 * RingLength), pieces = new(device, accelerator, 2 * PieceLength);
    private readonly GpuMarker[] ringRead = [new(), new()], pieceRead = [new(), new()];
    private readonly Landing[] landings = [new(), new()];
    private int half, used, turn;

    /// <summary>The most elements of a landing buffer. Less after one could not be had.</summary>
    public int LargestLanding { get; set; } = 1 << 26;

    /// <summary>How often the host waited for a transfer of its own, the work going on.</summary>
    public int TransferWaits { get; private set; }

    /// <summary>How often the host waited for a place in the work that lies two large uploads, or half of the small uploads' memory, back.</summary>
    public int MarkerWaits { get; private set; }

    /// <summary>Writes values to a view; returns when they have been read.</summary>
    public void Send<TValues>(TValues values, ArrayView<float> target)
        where TValues : IHostValues, allows ref struct
    {
        if (values.Length > SmallLength && NextLanding(values.Length) is { } landing)
        {
            ArrayView<float> view = landing.Memory!.Reals.SubView(0, values.Length);
            Transfer(values, view);
            view.CopyTo(work, target);
            landing.IsRead.Set(work);
            return;
        }
        for (int from = 0; from < values.Length; from += RingLength)
        {
            Span<float> slot = NextSlot(Math.Min(RingLength, values.Length - from));
            values.CopyTo(from, slot);
            target.SubView(from, slot.Length).CopyFromCPUUnsafeAsync(work, ref slot[0], slot.Length);
        }
    }

    /// <summary>All work issued so far has been done: nothing has to be waited for.</summary>
    public void DeviceHasCaughtUp()
    {
        half = used = 0;
        foreach (GpuMarker marker in ringRead) marker.Clear();
        foreach (Landing landing in landings) landing.IsRead.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        copies.Synchronize();
        DeviceHasCaughtUp();
        foreach (GpuMarker marker in pieceRead) marker.Clear();
        foreach (Landing landing in landings) landing.Memory?.Free();
        copies.Dispose();
        ring.Dispose();
        pieces.Dispose();
    }

    /// <summary>Values into a landing buffer, beside the work.</summary>
    private void Transfer<TValues>(TValues values, ArrayView<float> landing)
        where TValues : IHostValues, allows ref struct
    {
        for (int from = 0, piece = 0; from < values.Length; from += PieceLength, piece ^= 1)
        {
            // The last piece in this memory must have left it. The one between the two keeps the bus busy.
            pieceRead[piece].Wait();
            Span<float> slot = pieces.Span.Slice(piece * PieceLength, Math.Min(PieceLength, values.Length - from));
            values.CopyTo(from, slot);
            landing.SubView(from, slot.Length).CopyFromCPUUnsafeAsync(copies, ref slot[0], slot.Length);
            if (values.Length - from > 2 * PieceLength) pieceRead[piece].Set(copies);
        }
        // ILGPU cannot make one stream wait for another, so the host waits for the transfer alone: the work stream has what was issued before and goes on.
        TransferWaits++;
        copies.Synchronize();
    }

    /// <summary>A landing buffer that nobody reads any more; null: the upload is too large for one and goes in order with the work.</summary>
    private Landing? NextLanding(int length)
    {
        if (length > LargestLanding) return null;
        Landing landing = landings[turn];
        // The copy out of this buffer, two large uploads ago. It has been done unless the host is more than a whole step ahead of the device, which then has work enough.
        if (landing.IsRead.Wait()) MarkerWaits++;
        if (landing.Memory is null || landing.Memory.Capacity < length)
        {
            landing.Memory?.Free();
            landing.Memory = null;
            try
            {
                landing.Memory = (GpuStorage)device.AllocateApart(length);
            }
            catch (OutOfMemoryException)
            {
                // The card is nearly full. Without a landing buffer the upload takes its turn with the work: slower, and the same result.
                LargestLanding = length - 1;
                return null;
            }
        }
        turn ^= 1;
        return landing;
    }

    /// <summary>Host memory for a small upload, from a ring of two halves.</summary>
    private Span<float> NextSlot(int length)
    {
        if (used + length > RingLength)
        {
            ringRead[half].Set(work);
            half ^= 1;
            used = 0;
            // The uploads out of this half, a megabyte of small uploads ago.
            if (ringRead[half].Wait()) MarkerWaits++;
        }
        Span<float> slot = ring.Span.Slice((half * RingLength) + used, length);
        used += (length + Alignment - 1) / Alignment * Alignment;
        return slot;
    }

    private sealed class Landing
    {
        public GpuStorage? Memory { get; set; }

        /// <summary>After the copy out of it.</summary>
        public GpuMarker IsRead { get; } = new();
    }
}
