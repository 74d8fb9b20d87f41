using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Rows of a pooling's input gradient: a pixel adds up, window by window, what the windows that it is in give it: all of dy where the window's maximum is there (with indices), or an equal share (without).
/// </summary>
internal unsafe struct PoolGradientWork<TIndices> : IRangeWork
    where TIndices : struct, IPoolIndices
{
    public Pool2dShape Shape;
    public int* Indices;
    public float* OutputGradient;
    public float* InputGradient;
    public float Beta;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int start, int end)
    {
        Pool2dShape s = Shape;
        int channels = s.Channels, width = Lanes.Count, columns = s.OutputWidth, row = s.Width * channels, fromRow = columns * channels, all = s.OutputCount;
        float beta = Beta;
        float* gradient = OutputGradient;
        int* indices = Indices;
        var share = new Vector<float>(1f / (s.Kernel.Height * s.Kernel.Width));
        for (int item = start; item < end; item++)
        {
            (int n, int iy) = Math.DivRem(item, s.Height);
            (int oy0, int oy1) = PoolWindow.WindowsOf(iy, s.Kernel.Height, s.Stride.Height, s.Padding.Height, s.OutputHeight);
            int image = ((n * s.OutputHeight) + oy0) * fromRow, ox0 = 0, ox1 = 0;
            float* dx = InputGradient + ((nint)item * row);
            for (int ix = 0, to = 0; to < row; ix++, to += channels)
            {
                // Windows open and close one after the other.
                while (ox1 < columns && (ox1 * s.Stride.Width) - s.Padding.Width <= ix) ox1++;
                while (ox0 < ox1 && (ox0 * s.Stride.Width) - s.Padding.Width + s.Kernel.Width <= ix) ox0++;
                bool isOne = oy1 - oy0 == 1 && ox1 - ox0 == 1;
                int first = image + (ox0 * channels), last = first + ((oy1 - oy0 - 1) * fromRow) + ((ox1 - ox0 - 1) * channels);
                for (int c = 0; c < channels; c += width)
                {
                    // What is accumulated into is read, so it must not have been written by the pixel before.
                    int count = beta == 0 ? PoolWindow.LanesFor(channels - c, row - to - c, all - last - c) : Math.Min(width, channels - c), at = first + c;
                    Vector<int> own = Vector<int>.Indices + new Vector<int>((item * row) + to + c);
                    Vector<float> sum = default;
                    if (isOne)
                    {
                        sum = Part(gradient + at, indices + at, own, count);
                    }
                    else
                    {
                        for (int oy = oy0; oy < oy1; oy++, at += fromRow)
                        {
                            for (int ox = ox0, window = at; ox < ox1; ox++, window += channels) sum += Part(gradient + window, indices + window, own, count);
                        }
                    }
                    if (!TIndices.Exist) sum *= share;
                    Lanes.Accumulate(sum, dx + to + c, count, beta);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Part(float* dy, int* index, Vector<int> own, int count)
    {
        Vector<float> value = Lanes.Load(dy, count);
        return TIndices.Exist ? Vector.ConditionalSelect(Vector.Equals(Lanes.Load((float*)index, count).As<float, int>(), own), value, Vector<float>.Zero) : value;
    }
}
