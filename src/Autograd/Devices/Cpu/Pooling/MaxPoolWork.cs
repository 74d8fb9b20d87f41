using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

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
        int channels = s.Channels, outputs = s.OutputHeight, row = s.Width * channels, toRow = s.OutputWidth * channels, all = s.InputCount;
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
                // What the row after the next needs comes from memory meanwhile.
                Ask(X + first + (2 * s.Stride.Height * row), s.Stride.Height, row, s.Stride.Width * channels);
                int reach = PoolWindow.Reach(channels, toRow - to, all - last);
                if (y1 - y0 == 2 && x1 - x0 == 2) TwoByTwo(X, first, channels, row, reach, y + to, indices + to);
                else Window(X, first, channels, row, y1 - y0, x1 - x0, reach, y + to, indices + to);
            }
        }
    }

    /// <summary>Asks for some elements of each of some rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Ask(float* x, int rows, int row, int elements)
    {
        const int Line = 16;
        if (!Sse.IsSupported) return;
        for (; rows > 0; rows--, x += row)
        {
            for (int i = 0; i < elements; i += Line) Sse.Prefetch0(x + i);
        }
    }

    // Small loops of their own keep what they need in registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoByTwo(float* x, int at, int channels, int row, int reach, float* y, int* indices)
    {
        int i = 0, width = Lanes.Count;
        float* right = x + channels, below = x + row, diagonal = below + channels;
        for (; i <= reach - width; i += width, at += width)
        {
            Vector<float> best = Lanes.Load(x + at);
            Vector<int> place = new(at);
            Extremes.Choose(Lanes.Load(right + at), at + channels, ref best, ref place);
            Extremes.Choose(Lanes.Load(below + at), at + row, ref best, ref place);
            Extremes.Choose(Lanes.Load(diagonal + at), at + row + channels, ref best, ref place);
            best.Store(y + i);
            if (TIndices.Exist) (place + Vector<int>.Indices).Store(indices + i);
        }
        if (i < reach) Window(x, at, channels, row, 2, 2, reach - i, y + i, indices + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Window(float* x, int at, int channels, int row, int rows, int columns, int reach, float* y, int* indices)
    {
        int width = Lanes.Count;
        for (int i = 0; i < reach; i += width, at += width)
        {
            int count = Math.Min(width, reach - i), start = at;
            Vector<float> best = Lanes.Load(x + at, count);
            Vector<int> place = new(at);
            for (int iy = 0; iy < rows; iy++, start += row)
            {
                for (int ix = 0, pixel = start; ix < columns; ix++, pixel += channels) Extremes.Choose(Lanes.Load(x + pixel, count), pixel, ref best, ref place);
            }
            Lanes.Store(best, y + i, count);
            if (TIndices.Exist) Lanes.Store((place + Vector<int>.Indices).As<int, float>(), (float*)(indices + i), count);
        }
    }
}
