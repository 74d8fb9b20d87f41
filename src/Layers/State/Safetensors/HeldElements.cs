using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ResearchFreeze.Layers;

/// <summary>Elements in memory.</summary>
/// <param name="values">The elements; nobody changes them any more.</param>
internal sealed class HeldElements<T>(T[] values) : IElementBytes
    where T : unmanaged
{
    /// <inheritdoc/>
    public long Length => (long)values.Length * Unsafe.SizeOf<T>();

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> to)
    {
        // A span of bytes over all of them would have more than a span can have.
        int size = Unsafe.SizeOf<T>(), first = (int)(offset / size), skipped = (int)(offset % size);
        int count = (int)((skipped + (long)to.Length + size - 1) / size);
        MemoryMarshal.AsBytes(values.AsSpan(first, count)).Slice(skipped, to.Length).CopyTo(to);
    }
}
