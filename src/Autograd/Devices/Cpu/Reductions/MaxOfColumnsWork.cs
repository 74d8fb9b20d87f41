using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>The largest of each column, a vector of columns at a time.</summary>
internal unsafe struct MaxOfColumnsWork : IRangeWork
{
    public float* X;
    public float* Y;
    public int* Indices;
    public Walk Kept;
    public Walk Summed;
    public int Columns;

    /// <summary>Vectors of columns.</summary>
    public readonly int Strips => ((Columns - 1) / Lanes.Count) + 1;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int start, int end)
    {
        int strips = Strips;
        float* x = X;
        for (int item = start; item < end; item++)
        {
            (int group, int strip) = Math.DivRem(item, strips);
            int column = strip * Lanes.Count, count = Math.Min(Lanes.Count, Columns - column), first = Kept.At(group) + column;
            Vector<float> best = Lanes.Load(x + first, count);
            Vector<int> place = new(first);
            for (int outer = 1; outer < Summed.Count; outer++)
            {
                int at = first + Summed.At(outer);
                Extremes.Choose(Lanes.Load(x + at, count), at, ref best, ref place);
            }
            nint to = ((nint)group * Columns) + column;
            Lanes.Store(best, Y + to, count);
            if (Indices != null) Lanes.Store((place + Vector<int>.Indices).As<int, float>(), (float*)(Indices + to), count);
        }
    }
}
