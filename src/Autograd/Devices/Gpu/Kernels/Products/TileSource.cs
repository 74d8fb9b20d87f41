using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Where the elements of an operand come from: a matrix, or images seen as one. A line is a row of A or a column of B; the depth runs along the sum. Four elements are read at a time, zeros beyond the edges.
/// </summary>
internal interface ITileSource
{
    /// <summary>Whether the four elements follow each other along the depth, or along the lines.</summary>
    static abstract bool IsDeep { get; }

    /// <summary>Whether the products of a batch differ in their depths and in where their rows go. Only then are <see cref="End"/> and <see cref="Row"/> asked.</summary>
    static abstract bool IsScattered { get; }

    /// <summary>Where a product's depth ends, at most here.</summary>
    int End(int batch, int end);

    /// <summary>Where a row of a product begins; −1: nowhere.</summary>
    int Row(int batch, int line);

    /// <summary>What is known of a line, or of the first of four.</summary>
    TileLine Line(int batch, int line);

    /// <summary>What is known of a place along the depth, or of the first of four. <paramref name="end"/>: where the depth ends.</summary>
    TileDepth Depth(int batch, int depth, int end);

    /// <summary>The four elements where the two meet.</summary>
    Four Read(ArrayView<float> x, TileLine line, TileDepth depth);

    /// <summary>So much further along the depth.</summary>
    TileDepth Advance(TileDepth depth, int steps);
}

/// <summary>A line of an operand. What a source does not use costs nothing: it is never stored.</summary>
internal struct TileLine
{
    /// <summary>Where the line begins; negative: beyond the last.</summary>
    public int Offset;

    /// <summary>Lines from this one on, where four are read at a time.</summary>
    public int Lines;

    /// <summary>A window's corner, or where a tap lies in it, and how many channels of that tap follow.</summary>
    public int Y, X, Channels;
}

/// <summary>A place along an operand's depth.</summary>
internal struct TileDepth
{
    /// <summary>How much of the depth is left.</summary>
    public int Left;

    /// <summary>How far from a line's beginning.</summary>
    public int Offset;

    /// <summary>Where a tap lies in its window and which channel, or a window's corner.</summary>
    public int Y, X, Channel;

    /// <summary>Where a row of taps ends, or the next one begins, if that is another place in each product of a batch.</summary>
    public int Edge;
}

/// <summary>A matrix whose lines are its rows as stored: A itself, B transposed.</summary>
internal struct MatrixRows : ITileSource
{
    public int Lines, Leading, Stride, IsWide;

    public static bool IsDeep => true;

    public static bool IsScattered => false;

    public readonly int End(int batch, int end) => end;

    public readonly int Row(int batch, int line) => line;

    public readonly TileLine Line(int batch, int line) => new() { Offset = line < Lines ? (batch * Stride) + (line * Leading) : -1 };

    public readonly TileDepth Depth(int batch, int depth, int end) => new() { Left = end - depth, Offset = depth };

    public readonly Four Read(ArrayView<float> x, TileLine line, TileDepth depth) =>
        Four.Read(x, line.Offset + depth.Offset, line.Offset >= 0 ? depth.Left : 0, IsWide);

    public readonly TileDepth Advance(TileDepth depth, int steps)
    {
        depth.Left -= steps;
        depth.Offset += steps;
        return depth;
    }
}

/// <summary>A matrix whose lines are its columns as stored: B itself, A transposed.</summary>
internal struct MatrixColumns : ITileSource
{
    public int Lines, Leading, Stride, IsWide;

    public static bool IsDeep => false;

    public static bool IsScattered => false;

    public readonly int End(int batch, int end) => end;

    public readonly int Row(int batch, int line) => line;

    public readonly TileLine Line(int batch, int line) => new() { Offset = (batch * Stride) + line, Lines = Lines - line };

    public readonly TileDepth Depth(int batch, int depth, int end) => new() { Left = end - depth, Offset = depth * Leading };

    public readonly Four Read(ArrayView<float> x, TileLine line, TileDepth depth) =>
        Four.Read(x, line.Offset + depth.Offset, depth.Left > 0 ? line.Lines : 0, IsWide);

    public readonly TileDepth Advance(TileDepth depth, int steps)
    {
        depth.Left -= steps;
        depth.Offset += steps * Leading;
        return depth;
    }
}
