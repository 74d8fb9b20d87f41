using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>
/// A thread's share of copying an operand to shared memory: up to four pieces of four words, in lines a quarter of the group's threads apart. What is read waits in registers until the slice before has been multiplied, and is
/// rounded once, when it is stored; <c>cp.async</c> would move float32 that every warp had to round again.
/// </summary>
internal struct CoreCopy
{
    public TileLine Line0, Line1, Line2, Line3;
    public TileDepth Depth;

    /// <param name="source">The operand.</param>
    /// <param name="batch">Which product of the batch.</param>
    /// <param name="first">The tile's first line.</param>
    /// <param name="lines">Lines of the tile: 32, 64 or 128.</param>
    /// <param name="threads">Threads of the group.</param>
    /// <param name="from">Where the depth begins.</param>
    /// <param name="end">Where it ends.</param>
    public static CoreCopy Start<TSource, TCore>(TSource source, int batch, int first, int lines, int threads, int from, int end)
        where TSource : unmanaged, ITileSource
        where TCore : struct, IMatrixCore
    {
        int line = first + LineOf<TSource>(), step = threads / 4, count = Count(lines, threads);
        var copy = new CoreCopy { Line0 = source.Line(batch, line), Depth = source.Depth(batch, from + (WordOf<TSource>() * TCore.Packed), end) };
        if (count > 1) copy.Line1 = source.Line(batch, line + step);
        if (count > 2)
        {
            copy.Line2 = source.Line(batch, line + (2 * step));
            copy.Line3 = source.Line(batch, line + (3 * step));
        }
        return copy;
    }

    /// <summary>Reads the thread's share of a slice.</summary>
    public static CorePieces Read<TSource, TCore>(CoreCopy copy, TSource source, ArrayView<float> x, int lines, int threads)
        where TSource : unmanaged, ITileSource
        where TCore : struct, IMatrixCore
    {
        int count = Count(lines, threads);
        CorePieces pieces = default;
        pieces.First0 = source.Read(x, copy.Line0, copy.Depth);
        if (count > 1) pieces.First1 = source.Read(x, copy.Line1, copy.Depth);
        if (count > 2)
        {
            pieces.First2 = source.Read(x, copy.Line2, copy.Depth);
            pieces.First3 = source.Read(x, copy.Line3, copy.Depth);
        }
        if (TCore.Packed == 1) return pieces;
        TileDepth next = source.Advance(copy.Depth, TSource.IsDeep ? 4 : 1);
        pieces.Second0 = source.Read(x, copy.Line0, next);
        if (count > 1) pieces.Second1 = source.Read(x, copy.Line1, next);
        if (count > 2)
        {
            pieces.Second2 = source.Read(x, copy.Line2, next);
            pieces.Second3 = source.Read(x, copy.Line3, next);
        }
        return pieces;
    }

    /// <summary>Rounds and stores what was read into a slice that begins at an address.</summary>
    public static void Put<TSource, TCore>(CorePieces pieces, ArrayView<uint> space, int slice, int lines, int threads)
        where TSource : unmanaged, ITileSource
        where TCore : struct, IMatrixCore
    {
        int count = Count(lines, threads), step = threads / 4 * CoreLayout.Pitch * TCore.Word;
        int address = slice + (((LineOf<TSource>() * CoreLayout.Pitch) + WordOf<TSource>()) * TCore.Word);
        Put<TSource, TCore>(space, address, pieces.First0, pieces.Second0);
        if (count > 1) Put<TSource, TCore>(space, address + step, pieces.First1, pieces.Second1);
        if (count <= 2) return;
        Put<TSource, TCore>(space, address + (2 * step), pieces.First2, pieces.Second2);
        Put<TSource, TCore>(space, address + (3 * step), pieces.First3, pieces.Second3);
    }

    private static void Put<TSource, TCore>(ArrayView<uint> space, int address, Four first, Four second)
        where TSource : unmanaged, ITileSource
        where TCore : struct, IMatrixCore
    {
        if (TSource.IsDeep) TCore.PutDepth(space, address, first, second);
        else TCore.PutLines(space, address, first, second);
    }

    /// <summary>Pieces of a thread: 1, 2 or 4.</summary>
    private static int Count(int lines, int threads) => lines * CoreLayout.SliceWords / (4 * threads);

    /// <summary>The thread's first line in the tile. Along the depth four threads share a line; across it a warp takes eight words of sixteen lines, so that what it stores at once lies in different banks.</summary>
    private static int LineOf<TSource>()
        where TSource : unmanaged, ITileSource
    {
        int thread = Group.IdxX;
        return TSource.IsDeep ? thread / 4 : (((thread & 31) >> 3) + ((thread >> 6) * 4)) * 4;
    }

    /// <summary>The thread's first word of the slice.</summary>
    private static int WordOf<TSource>()
        where TSource : unmanaged, ITileSource
    {
        int thread = Group.IdxX;
        return TSource.IsDeep ? (thread & 3) * 4 : (thread & 7) + (((thread >> 5) & 1) * 8);
    }
}

/// <summary>What a thread has read of an operand: for each of its pieces four elements, and four more where two share a word.</summary>
internal struct CorePieces
{
    public Four First0, First1, First2, First3, Second0, Second1, Second2, Second3;
}
