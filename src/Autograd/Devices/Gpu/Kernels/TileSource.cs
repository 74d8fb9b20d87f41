using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Where the elements of an operand come from: a matrix, or images seen as one. A line is a row of A or a column of B; the depth runs along the sum. A thread walks along the depth with a
/// <see cref="TileCursor"/> and reads four elements at a time, zeros beyond the edges.
/// </summary>
internal interface ITileSource
{
    /// <summary>Whether the four elements follow each other along the depth, or along the lines.</summary>
    static abstract bool IsDeep { get; }

    /// <summary>The cursor at this line and depth. <paramref name="end"/>: where the depth ends.</summary>
    TileCursor Start(int batch, int line, int depth, int end);

    /// <summary>The four elements at the cursor.</summary>
    Four Read(ArrayView<float> x, TileCursor at);

    /// <summary>The cursor so much further along the depth.</summary>
    TileCursor Advance(TileCursor at, int depths);
}

/// <summary>A place in an operand. What a source does not use costs nothing: it is never stored.</summary>
internal struct TileCursor
{
    /// <summary>How much of the depth is left before the sum ends, and how many lines from here on; none, or fewer, outside.</summary>
    public int Left, Lines;

    /// <summary>The element, or where what does not change along the depth begins.</summary>
    public int Offset;

    /// <summary>A tap of the kernel and a channel.</summary>
    public int TapY, TapX, Channel;

    /// <summary>A pixel, or the corner of its window.</summary>
    public int Y, X;
}

/// <summary>A matrix whose lines are its rows as stored: A itself, B transposed.</summary>
internal struct MatrixRows : ITileSource
{
    public int Lines, Leading, Stride, IsWide;

    public static bool IsDeep => true;

    public readonly TileCursor Start(int batch, int line, int depth, int end) =>
        new() { Offset = (batch * Stride) + (line * Leading) + depth, Left = line < Lines ? end - depth : 0 };

    public readonly Four Read(ArrayView<float> x, TileCursor at)
    {
        if (IsWide != 0) return at.Left > 0 ? x.Cast<Four>()[at.Offset >> 2] : default;
        return new Four(
            at.Left > 0 ? x[at.Offset] : 0f,
            at.Left > 1 ? x[at.Offset + 1] : 0f,
            at.Left > 2 ? x[at.Offset + 2] : 0f,
            at.Left > 3 ? x[at.Offset + 3] : 0f);
    }

    public readonly TileCursor Advance(TileCursor at, int depths)
    {
        at.Left -= depths;
        at.Offset += depths;
        return at;
    }
}

/// <summary>A matrix whose lines are its columns as stored: B itself, A transposed.</summary>
internal struct MatrixColumns : ITileSource
{
    public int Lines, Leading, Stride, IsWide;

    public static bool IsDeep => false;

    public readonly TileCursor Start(int batch, int line, int depth, int end) =>
        new() { Offset = (batch * Stride) + (depth * Leading) + line, Left = end - depth, Lines = Lines - line };

    public readonly Four Read(ArrayView<float> x, TileCursor at)
    {
        int lines = at.Left > 0 ? at.Lines : 0;
        if (IsWide != 0) return lines > 0 ? x.Cast<Four>()[at.Offset >> 2] : default;
        return new Four(
            lines > 0 ? x[at.Offset] : 0f,
            lines > 1 ? x[at.Offset + 1] : 0f,
            lines > 2 ? x[at.Offset + 2] : 0f,
            lines > 3 ? x[at.Offset + 3] : 0f);
    }

    public readonly TileCursor Advance(TileCursor at, int depths)
    {
        at.Left -= depths;
        at.Offset += depths * Leading;
        return at;
    }
}
