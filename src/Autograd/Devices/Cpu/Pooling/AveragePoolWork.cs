using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>Rows of an average pooling's result.</summary>
internal unsafe struct AveragePoolWork : IRangeWork
{
    public Pool2dShape Shape;
    public float* X;
    public float* Y;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int start, int end)
    {
        Pool2dShape s = Shape;
        int channels = s.Channels, outputs = s.OutputHeight, row = s.Width * channels, toRow = s.OutputWidth * channels, all = s.InputCount;
        float share = 1f / (s.Kernel.Height * s.Kernel.Width);
        for (int item = start; item < end; item++)
        {
            (int n, int oy) = Math.DivRem(item, outputs);
            (int y0, int y1) = PoolWindow.PixelsOf(oy, s.Kernel.Height, s.Stride.Height, s.Padding.Height, s.Height);
            int image = ((n * s.Height) + y0) * row;
            float* y = Y + ((nint)item * toRow);
            for (int ox = 0, to = 0; to < toRow; ox++, to += channels)
            {
                (int x0, int x1) = PoolWindow.PixelsOf(ox, s.Kernel.Width, s.Stride.Width, s.Padding.Width, s.Width);
                int first = image + (x0 * channels), last = first + ((y1 - y0 - 1) * row) + ((x1 - x0 - 1) * channels);
                int reach = PoolWindow.Reach(channels, toRow - to, all - last);
                if (y1 - y0 == 2 && x1 - x0 == 2) TwoByTwo(X + first, channels, row, share, reach, y + to);
                else Window(X + first, channels, row, y1 - y0, x1 - x0, share, reach, y + to);
            }
        }
    }

    // Small loops of their own keep what they need in registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoByTwo(float* x, int channels, int row, float share, int reach, float* y)
    {
        int i = 0, width = Lanes.Count;
        float* right = x + channels, below = x + row, diagonal = below + channels;
        for (; i <= reach - width; i += width)
            ((Lanes.Load(x + i) + Lanes.Load(right + i) + Lanes.Load(below + i) + Lanes.Load(diagonal + i)) * share).Store(y + i);
        if (i < reach) Window(x + i, channels, row, 2, 2, share, reach - i, y + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Window(float* x, int channels, int row, int rows, int columns, float share, int reach, float* y)
    {
        int width = Lanes.Count;
        for (int i = 0; i < reach; i += width)
        {
            int count = Math.Min(width, reach - i);
            float* start = x + i;
            Vector<float> sum = default;
            for (int iy = 0; iy < rows; iy++, start += row)
            {
                float* pixel = start;
                for (int ix = 0; ix < columns; ix++, pixel += channels) sum += Lanes.Load(pixel, count);
            }
            Lanes.Store(sum * share, y + i, count);
        }
    }
}
