using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>
/// A thread's share of copying an operand to shared memory, four elements at a time: threads that follow each other read what lies side by side. Where a thread has several fours, they are of several lines and one
/// place along the depth (where four follow each other along the depth), or of one line and several places.
/// </summary>
internal struct TileCopy
{
    public TileLine Line0, Line1, Line2, Line3;
    public TileDepth Depth;

    /// <summary>Slots of four elements in a row of a slice: one more than the lines take, so that writing along the depth hits different banks.</summary>
    public static int RowSlots(int side) => (side * ProductKernels.PerThread / 4) + 1;

    public static TileCopy Start<TSource, TTile>(TSource source, int batch, int tile, int side, int from, int end)
        where TSource : unmanaged, ITileSource
        where TTile : struct, IProductTile
    {
        int thread = Group.IdxX, fours = Fours<TSource, TTile>(side), across = thread / fours, along = 4 * (thread - (across * fours)), first = tile * side * ProductKernels.PerThread;
        if (!TSource.IsDeep) return new() { Line0 = source.Line(batch, first + along), Depth = source.Depth(batch, from + across, end) };
        var copy = new TileCopy { Line0 = source.Line(batch, first + across), Depth = source.Depth(batch, from + along, end) };
        int count = Count<TTile>(side), step = Step<TSource, TTile>(side);
        if (count > 1) copy.Line1 = source.Line(batch, first + across + step);
        if (count > 2)
        {
            copy.Line2 = source.Line(batch, first + across + (2 * step));
            copy.Line3 = source.Line(batch, first + across + (3 * step));
        }
        return copy;
    }

    /// <summary>Reads and stores all of the thread's share.</summary>
    public static void All<TSource, TTile>(TileCopy copy, TSource source, ArrayView<float> x, ArrayView<Four> slice, int side)
        where TSource : unmanaged, ITileSource
        where TTile : struct, IProductTile
    {
        int count = Count<TTile>(side), step = Step<TSource, TTile>(side);
        if (count == 0)
        {
            if (Group.IdxX < 2 * side * TTile.Depth) Put<TSource, TTile>(slice, source.Read(x, copy.Line0, copy.Depth), 0, side);
            return;
        }
        Put<TSource, TTile>(slice, source.Read(x, copy.Line0, copy.Depth), 0, side);
        if (count > 1) Put<TSource, TTile>(slice, TSource.IsDeep ? source.Read(x, copy.Line1, copy.Depth) : source.Read(x, copy.Line0, source.Advance(copy.Depth, step)), 1, side);
        if (count <= 2) return;
        Put<TSource, TTile>(slice, TSource.IsDeep ? source.Read(x, copy.Line2, copy.Depth) : source.Read(x, copy.Line0, source.Advance(copy.Depth, 2 * step)), 2, side);
        Put<TSource, TTile>(slice, TSource.IsDeep ? source.Read(x, copy.Line3, copy.Depth) : source.Read(x, copy.Line0, source.Advance(copy.Depth, 3 * step)), 3, side);
    }

    /// <summary>Stores one of the thread's fours: depth by lines, so that a thread finds its lines side by side.</summary>
    public static void Put<TSource, TTile>(ArrayView<Four> slice, Four values, int index, int side)
        where TSource : unmanaged, ITileSource
        where TTile : struct, IProductTile
    {
        int thread = Group.IdxX, fours = Fours<TSource, TTile>(side), row = RowSlots(side);
        int across = thread / fours, along = thread - (across * fours), place = across + (index * Step<TSource, TTile>(side));
        if (!TSource.IsDeep)
        {
            slice[(place * row) + along] = values;
            return;
        }
        ArrayView<float> cells = slice.Cast<float>();
        int at = (16 * along * row) + place;
        cells[at] = values.X;
        cells[at + (4 * row)] = values.Y;
        cells[at + (8 * row)] = values.Z;
        cells[at + (12 * row)] = values.W;
    }

    /// <summary>Fours of a thread; 0: not every thread has one.</summary>
    private static int Count<TTile>(int side)
        where TTile : struct, IProductTile => 2 * side * TTile.Depth / (TTile.Rows * TTile.Columns);

    /// <summary>Fours side by side.</summary>
    private static int Fours<TSource, TTile>(int side)
        where TSource : unmanaged, ITileSource
        where TTile : struct, IProductTile => TSource.IsDeep ? TTile.Depth / 4 : 2 * side;

    /// <summary>How far a thread's fours are apart, in lines or along the depth.</summary>
    private static int Step<TSource, TTile>(int side)
        where TSource : unmanaged, ITileSource
        where TTile : struct, IProductTile => TTile.Rows * TTile.Columns / Fours<TSource, TTile>(side);
}
