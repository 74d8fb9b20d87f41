namespace ResearchFreeze.Autograd;

/// <summary>
/// A <see cref="ReduceLayout"/> as a kernel argument: kept and summed axes alternate, so there are at most three of each. Axis 0 is the innermost of its kind.
/// </summary>
internal struct ReduceWalk
{
    public int Kept0, Kept1, KeptStride0, KeptStride1, KeptStride2;
    public int SummedAxes, Summed0, Summed1, SummedStride0, SummedStride1, SummedStride2;

    public static ReduceWalk Of(in ReduceLayout layout)
    {
        var walk = new ReduceWalk { Kept0 = 1, Kept1 = 1, Summed0 = 1, Summed1 = 1 };
        int stride = 1, kept = 0;
        for (int axis = layout.Rank - 1; axis >= 0; axis--)
        {
            int extent = layout.Extent(axis);
            if (layout.IsKept(axis)) walk.Keep(kept++, extent, stride);
            else walk.Sum(walk.SummedAxes++, extent, stride);
            stride *= extent;
        }
        return walk;
    }

    /// <summary>The second pass: partial sums lie chunk by chunk, outputs innermost.</summary>
    public static ReduceWalk OfPartials(int outputs, int chunks) =>
        new() { Kept0 = outputs, Kept1 = 1, KeptStride0 = 1, SummedAxes = 1, Summed0 = chunks, Summed1 = 1, SummedStride0 = outputs };

    /// <summary>Where the first summand of an output lies.</summary>
    public readonly int Start(int output)
    {
        int rest = output / Kept0, next = rest / Kept1;
        return ((output - (rest * Kept0)) * KeptStride0) + ((rest - (next * Kept1)) * KeptStride1) + (next * KeptStride2);
    }

    /// <summary>How far from it summand s lies.</summary>
    public readonly int Step(int s)
    {
        if (SummedAxes < 2) return s * SummedStride0;
        int rest = s / Summed0, next = rest / Summed1;
        return ((s - (rest * Summed0)) * SummedStride0) + ((rest - (next * Summed1)) * SummedStride1) + (next * SummedStride2);
    }

    private void Keep(int axis, int extent, int stride)
    {
        if (axis == 0) (Kept0, KeptStride0) = (extent, stride);
        else if (axis == 1) (Kept1, KeptStride1) = (extent, stride);
        else KeptStride2 = stride;
    }

    private void Sum(int axis, int extent, int stride)
    {
        if (axis == 0) (Summed0, SummedStride0) = (extent, stride);
        else if (axis == 1) (Summed1, SummedStride1) = (extent, stride);
        else SummedStride2 = stride;
    }
}
