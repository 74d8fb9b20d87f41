namespace ResearchFreeze.Autograd;

/// <summary>
/// How two operands of an element-wise operation are walked: extents of the output, outermost first, with the stride of each operand (0 where it repeats).
/// Neighbouring axes that are walked as one are merged, so equal shapes have rank 1 and a bias row has rank 2.
/// </summary>
public readonly struct ZipLayout
{
    private readonly Axes extents;
    private readonly Axes stridesA;
    private readonly Axes stridesB;

    /// <summary>The layout for operands of these shapes.</summary>
    /// <exception cref="ShapeException">They do not broadcast.</exception>
    public ZipLayout(Shape a, Shape b, string operation)
    {
        Output = Shape.Broadcast(a, b, operation);
        (CountA, CountB) = (a.Count, b.Count);
        int strideA = 1, strideB = 1, rank = 0;
        Axes e = default, sa = default, sb = default;       // innermost first while building
        for (int back = 1; back <= Output.Rank; back++)
        {
            int extent = Output[^back];
            int ea = back <= a.Rank ? a[^back] : 1, eb = back <= b.Rank ? b[^back] : 1;
            int thisA = ea == 1 ? 0 : strideA, thisB = eb == 1 ? 0 : strideB;
            strideA *= ea;
            strideB *= eb;
            if (extent == 1) continue;
            if (rank > 0 && thisA == sa[rank - 1] * e[rank - 1] && thisB == sb[rank - 1] * e[rank - 1])
            {
                e[rank - 1] *= extent;
                continue;
            }
            e[rank] = extent;
            sa[rank] = thisA;
            sb[rank] = thisB;
            rank++;
        }
        Rank = rank;
        for (int i = 0; i < rank; i++)
        {
            extents[i] = e[rank - 1 - i];
            stridesA[i] = sa[rank - 1 - i];
            stridesB[i] = sb[rank - 1 - i];
        }
    }

    /// <summary>The broadcast shape.</summary>
    public Shape Output { get; }

    /// <summary>Elements of the first operand.</summary>
    public int CountA { get; }

    /// <summary>Elements of the second operand.</summary>
    public int CountB { get; }

    /// <summary>Axes after merging; 0 for a single element.</summary>
    public int Rank { get; }

    /// <summary>The extent of a merged axis, outermost first.</summary>
    public int Extent(int axis) => extents[axis];

    /// <summary>The first operand's stride along a merged axis, in elements.</summary>
    public int StrideA(int axis) => stridesA[axis];

    /// <summary>The second operand's stride along a merged axis, in elements.</summary>
    public int StrideB(int axis) => stridesB[axis];
}
