namespace ResearchFreeze.Autograd;

/// <summary>
/// Which axes a reduction sums over: extents of the input, outermost first, each kept or summed. Neighbouring axes of one kind are merged, so kept and summed ones alternate:
/// a sum of everything has rank 1, a row sum (kept, summed), a column sum (summed, kept).
/// </summary>
public readonly struct ReduceLayout
{
    private readonly Axes extents;
    private readonly int keptMask;

    /// <summary>Whether a kept axis lies outside a summed one, also one of extent 1: each of its results is a sum of its own, which must not be another where there is one.</summary>
    internal bool HasOuterKept { get; }

    /// <summary>The layout for an input of this shape; bit i of <paramref name="summedAxes"/> is set where axis i is summed.</summary>
    public ReduceLayout(Shape input, int summedAxes)
    {
        Inputs = input.Count;
        int rank = 0, kept = 0, outputs = 1;
        for (int i = 0; i < input.Rank; i++)
        {
            bool isKept = (summedAxes & (1 << i)) == 0;
            if (isKept) outputs *= input[i];
            else if ((summedAxes & ((1 << i) - 1)) != ((1 << i) - 1)) HasOuterKept = true;
            if (input[i] == 1) continue;
            bool merge = rank > 0 && ((kept >> (rank - 1)) & 1) == (isKept ? 1 : 0);
            if (merge)
            {
                extents[rank - 1] *= input[i];
                continue;
            }
            extents[rank] = input[i];
            if (isKept) kept |= 1 << rank;
            rank++;
        }
        Rank = rank;
        Outputs = outputs;
        keptMask = kept;
    }

    /// <summary>Elements of the input.</summary>
    public int Inputs { get; }

    /// <summary>Elements of the output.</summary>
    public int Outputs { get; }

    /// <summary>Axes after merging; 0 for a single element.</summary>
    public int Rank { get; }

    /// <summary>The extent of a merged axis, outermost first.</summary>
    public int Extent(int axis) => extents[axis];

    /// <summary>Whether a merged axis is kept.</summary>
    public bool IsKept(int axis) => ((keptMask >> axis) & 1) != 0;

    /// <summary>The shape that reducing these axes leaves; with <paramref name="keepAxes"/> they stay, with extent 1.</summary>
    public static Shape ResultOf(Shape input, int reducedAxes, bool keepAxes)
    {
        Span<int> kept = stackalloc int[Shape.MaxRank];
        int rank = 0;
        for (int axis = 0; axis < input.Rank; axis++)
        {
            bool reduced = (reducedAxes >> axis & 1) != 0;
            if (!reduced || keepAxes) kept[rank++] = reduced ? 1 : input[axis];
        }
        return new Shape(kept[..rank]);
    }

    /// <summary>The layout that sums a broadcast output's gradient back to an operand's shape.</summary>
    public static ReduceLayout ToOperand(Shape output, Shape operand)
    {
        int summed = 0;
        for (int i = 0; i < output.Rank; i++)
        {
            int j = i - (output.Rank - operand.Rank);
            if (j < 0 || (operand[j] == 1 && output[i] != 1)) summed |= 1 << i;
        }
        return new ReduceLayout(output, summed);
    }
}
