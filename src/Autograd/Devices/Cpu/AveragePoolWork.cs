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
        int channels = s.Channels, width = Lanes.Count, outputs = s.OutputHeight, row = s.Width * channels, toRow = s.OutputWidth * channels, all = s.InputCount;
        var share = new Vector<float>(1f / (s.Kernel.Height * s.Kernel.Width));
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
                bool isPlain = y1 - y0 == 2 && x1 - x0 == 2;
                for (int c = 0; c < channels; c += width)
                {
                    int count = PoolWindow.LanesFor(channels - c, toRow - to - c, all - last - c), at = first + c;
                    Vector<float> sum = default;
                    if (isPlain)
                    {
                        float* low = X + at + row;
                        sum = Lanes.Load(X + at, count) + Lanes.Load(X + at + channels, count) + Lanes.Load(low, count) + Lanes.Load(low + channels, count);
                    }
                    else
                    {
                        for (int iy = y0; iy < y1; iy++, at += row)
                        {
                            for (int ix = x0, pixel = at; ix < x1; ix++, pixel += channels) sum += Lanes.Load(X + pixel, count);
                        }
                    }
                    Lanes.Store(sum * share, y + to + c, count);
                }
            }
        }
    }
}
