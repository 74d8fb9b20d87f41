using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>Rows of a maximum pooling's result.</summary>
internal unsafe struct MaxPoolWork<TIndices> : IRangeWork
    where TIndices : struct, IPoolIndices
{
    public Pool2dShape Shape;
    public float* X;
    public float* Y;
    public int* Indices;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int start, int end)
    {
        Pool2dShape s = Shape;
        int channels = s.Channels, width = Lanes.Count, outputs = s.OutputHeight, row = s.Width * channels, toRow = s.OutputWidth * channels, all = s.InputCount;
        for (int item = start; item < end; item++)
        {
            (int n, int oy) = Math.DivRem(item, outputs);
            (int y0, int y1) = PoolWindow.PixelsOf(oy, s.Kernel.Height, s.Stride.Height, s.Padding.Height, s.Height);
            int image = ((n * s.Height) + y0) * row;
            float* y = Y + ((nint)item * toRow);
            int* indices = TIndices.Exist ? Indices + ((nint)item * toRow) : null;
            for (int ox = 0, to = 0; to < toRow; ox++, to += channels)
            {
                (int x0, int x1) = PoolWindow.PixelsOf(ox, s.Kernel.Width, s.Stride.Width, s.Padding.Width, s.Width);
                int first = image + (x0 * channels), last = first + ((y1 - y0 - 1) * row) + ((x1 - x0 - 1) * channels);
                bool isPlain = y1 - y0 == 2 && x1 - x0 == 2;
                for (int c = 0; c < channels; c += width)
                {
                    int count = PoolWindow.LanesFor(channels - c, toRow - to - c, all - last - c), at = first + c;
                    Vector<float> best = Lanes.Load(X + at, count);
                    Vector<int> place = new(at);
                    if (isPlain)
                    {
                        Choose(Lanes.Load(X + at + channels, count), at + channels, ref best, ref place);
                        Choose(Lanes.Load(X + at + row, count), at + row, ref best, ref place);
                        Choose(Lanes.Load(X + at + row + channels, count), at + row + channels, ref best, ref place);
                    }
                    else
                    {
                        for (int iy = y0; iy < y1; iy++, at += row)
                        {
                            for (int ix = x0, pixel = at; ix < x1; ix++, pixel += channels) Choose(Lanes.Load(X + pixel, count), pixel, ref best, ref place);
                        }
                    }
                    Lanes.Store(best, y + to + c, count);
                    if (TIndices.Exist) Lanes.Store((place + Vector<int>.Indices).As<int, float>(), (float*)(indices + to + c), count);
                }
            }
        }
    }

    /// <summary>A NaN is larger than any number, and nothing is larger than a NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Choose(Vector<float> value, int at, ref Vector<float> best, ref Vector<int> place)
    {
        Vector<int> larger = Vector.AndNot(Vector.Equals(best, best), Vector.LessThanOrEqual(value, best));
        best = Vector.ConditionalSelect(larger, value, best);
        if (TIndices.Exist) place = Vector.ConditionalSelect(larger, new Vector<int>(at), place);
    }
}
