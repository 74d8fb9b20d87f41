namespace ResearchFreeze.Autograd;

/// <summary>A <see cref="ZipLayout"/> as a kernel argument: an inline array would not compile. Axis 0 is the innermost.</summary>
internal struct BroadcastWalk
{
    public int Rank;
    public int Extent0, Extent1, Extent2, Extent3, Extent4;
    public int A0, A1, A2, A3, A4, A5;
    public int B0, B1, B2, B3, B4, B5;

    public static BroadcastWalk Of(in ZipLayout layout)
    {
        var walk = new BroadcastWalk { Rank = layout.Rank };
        for (int axis = 0; axis < layout.Rank; axis++)
        {
            int from = layout.Rank - 1 - axis;
            walk.Set(axis, layout.Extent(from), layout.StrideA(from), layout.StrideB(from));
        }
        return walk;
    }

    /// <summary>The walk of <see cref="Device.Expand"/>: the small operand, which repeats along summed axes, is A.</summary>
    public static BroadcastWalk Of(in ReduceLayout layout)
    {
        var walk = new BroadcastWalk { Rank = layout.Rank };
        int stride = 1;
        for (int axis = 0; axis < layout.Rank; axis++)
        {
            int from = layout.Rank - 1 - axis;
            bool isKept = layout.IsKept(from);
            walk.Set(axis, layout.Extent(from), isKept ? stride : 0, 0);
            if (isKept) stride *= layout.Extent(from);
        }
        return walk;
    }

    /// <summary>A box: A is x, B is y, both without their offsets.</summary>
    public static BroadcastWalk Of(in StridedLayout layout)
    {
        var walk = new BroadcastWalk { Rank = layout.Rank };
        for (int axis = 0; axis < layout.Rank; axis++)
        {
            int from = layout.Rank - 1 - axis;
            walk.Set(axis, layout.Extent(from), layout.StrideX(from), layout.StrideY(from));
        }
        return walk;
    }

    /// <summary>Where the operands of output element i lie.</summary>
    public readonly (int A, int B) Locate(int i)
    {
        int a = 0, b = 0, rest = i;
        if (Rank > 1)
        {
            int next = rest / Extent0, index = rest - (next * Extent0);
            a += index * A0;
            b += index * B0;
            rest = next;
            if (Rank > 2)
            {
                next = rest / Extent1;
                index = rest - (next * Extent1);
                a += index * A1;
                b += index * B1;
                rest = next;
                if (Rank > 3)
                {
                    next = rest / Extent2;
                    index = rest - (next * Extent2);
                    a += index * A2;
                    b += index * B2;
                    rest = next;
                    if (Rank > 4)
                    {
                        next = rest / Extent3;
                        index = rest - (next * Extent3);
                        a += index * A3;
                        b += index * B3;
                        rest = next;
                        if (Rank > 5)
                        {
                            next = rest / Extent4;
                            index = rest - (next * Extent4);
                            a += index * A4;
                            b += index * B4;
                            return (a + (next * A5), b + (next * B5));
                        }
                        return (a + (rest * A4), b + (rest * B4));
                    }
                    return (a + (rest * A3), b + (rest * B3));
                }
                return (a + (rest * A2), b + (rest * B2));
            }
            return (a + (rest * A1), b + (rest * B1));
        }
        return (rest * A0, rest * B0);
    }

    private void Set(int axis, int extent, int a, int b)
    {
        switch (axis)
        {
            case 0: (Extent0, A0, B0) = (extent, a, b); break;
            case 1: (Extent1, A1, B1) = (extent, a, b); break;
            case 2: (Extent2, A2, B2) = (extent, a, b); break;
            case 3: (Extent3, A3, B3) = (extent, a, b); break;
            case 4: (Extent4, A4, B4) = (extent, a, b); break;
            default: (A5, B5) = (a, b); break;            // the outermost needs no extent
        }
    }
}
