using System.Runtime.InteropServices;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>A cache's memory outside the garbage collector's heap, which it would move and count.</summary>
internal sealed unsafe class MemoryStorage(long limit) : CacheStorage(limit)
{
    private readonly List<IntPtr> memory = [];

    public override void Dispose()
    {
        foreach (IntPtr chunk in memory) NativeMemory.AlignedFree((void*)chunk);
        memory.Clear();
    }

    protected override bool TryAdd(int bytes)
    {
        try
        {
            memory.Add((IntPtr)NativeMemory.AlignedAlloc((nuint)bytes, 64));
            return true;
        }
        catch (OutOfMemoryException)
        {
            return false;
        }
    }

    protected override Span<byte> At(int chunk, int offset, int bytes) => new((byte*)memory[chunk] + offset, bytes);
}
