namespace ResearchFreeze.Autograd;

/// <summary>
/// A box of elements with its place in two ranges: element (i₀, i₁, …) is at offset + Σ iₐ·strideₐ of each. Permutation, slices with steps, padding and concatenation are such boxes.
/// Axes of extent 1 are dropped and neighbouring axes that are walked as one are merged.
/// </summary>
public readonly struct StridedLayout
{
    private readonly Axes extents;
    private readonly Axes stridesX;
    private readonly Axes stridesY;

    /// <summary>The box of this shape; strides in elements, outermost first, may be negative.</summary>
    public StridedLayout(Shape box, int offsetX, ReadOnlySpan<int> stridesX, int offsetY, ReadOnlySpan<int> stridesY)
    {
        Count = box.Count;
        OffsetX = offsetX;
        OffsetY = offsetY;
        int rank = 0;
        for (int axis = 0; axis < box.Rank; axis++)
        {
            int extent = box[axis];
            if (extent == 1) continue;
            bool merges = rank > 0 && this.stridesX[rank - 1] == (long)stridesX[axis] * extent && this.stridesY[rank - 1] == (long)stridesY[axis] * extent;
            if (merges) rank--;
            extents[rank] = merges ? extents[rank] * extent : extent;
            this.stridesX[rank] = stridesX[axis];
            this.stridesY[rank] = stridesY[axis];
            rank++;
        }
        Rank = rank;
    }

    /// <summary>Elements.</summary>
    public int Count { get; }

    /// <summary>Axes after merging; 0 for a single element.</summary>
    public int Rank { get; }

    /// <summary>Where the first element is in x.</summary>
    public int OffsetX { get; }

    /// <summary>Where the first element is in y.</summary>
    public int OffsetY { get; }

    /// <summary>The extent of a merged axis, outermost first.</summary>
    public int Extent(int axis) => extents[axis];

    /// <summary>The stride in x along a merged axis.</summary>
    public int StrideX(int axis) => stridesX[axis];

    /// <summary>The stride in y along a merged axis.</summary>
    public int StrideY(int axis) => stridesY[axis];

    /// <summary>The same box with the two ranges exchanged.</summary>
    public StridedLayout Reversed()
    {
        Span<int> box = stackalloc int[Shape.MaxRank], x = stackalloc int[Shape.MaxRank], y = stackalloc int[Shape.MaxRank];
        for (int axis = 0; axis < Rank; axis++) (box[axis], x[axis], y[axis]) = (extents[axis], stridesX[axis], stridesY[axis]);
        return new StridedLayout(Count == 0 ? new Shape(0) : new Shape(box[..Rank]), OffsetY, y[..Math.Max(Rank, 1)], OffsetX, x[..Math.Max(Rank, 1)]);
    }

    /// <summary>Whether every element lies in a range of this length, in x and in y.</summary>
    internal bool FitsIn(int lengthX, int lengthY) => Count == 0 || (Fits(OffsetX, stridesX, lengthX) && Fits(OffsetY, stridesY, lengthY));

    private bool Fits(int offset, in Axes strides, int length)
    {
        long lowest = offset, highest = offset;
        for (int axis = 0; axis < Rank; axis++)
        {
            long reach = (extents[axis] - 1L) * strides[axis];
            if (reach < 0) lowest += reach;
            else highest += reach;
        }
        return lowest >= 0 && highest < length;
    }
}
