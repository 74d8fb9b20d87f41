using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>Some axes of a layout, walked in row-major order: which element of an operand the n-th combination of their indices is at.</summary>
internal struct Walk
{
    private Axes extents;
    private Axes strides;
    private int rank;

    /// <summary>An empty walk: one combination, at element 0.</summary>
    public Walk()
    {
        Count = 1;
    }

    /// <summary>Combinations.</summary>
    public int Count { get; private set; }

    /// <summary>Adds an axis outside the ones added so far.</summary>
    public void AddOuter(int extent, int stride)
    {
        extents[rank] = extent;
        strides[rank] = stride;
        rank++;
        Count *= extent;
    }

    /// <summary>The element of combination <paramref name="index"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int At(int index) => rank == 0 ? 0 : rank == 1 ? index * strides[0] : AtSlowly(index);

    private readonly int AtSlowly(int index)
    {
        int at = 0;
        for (int axis = 0; axis < rank - 1; axis++)
        {
            (index, int inner) = Math.DivRem(index, extents[axis]);
            at += inner * strides[axis];
        }
        return at + (index * strides[rank - 1]);
    }
}
