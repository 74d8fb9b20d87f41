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
        int channels = s.Channels, columns = s.OutputWidth, row = s.Width * channels, fromRow = columns * channels, all = s.OutputCount;
        float beta = Beta;
        float share = 1f / (s.Kernel.Height * s.Kernel.Width);
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
                int first = image + (ox0 * channels), last = first + ((oy1 - oy0 - 1) * fromRow) + ((ox1 - ox0 - 1) * channels), own = (item * row) + to;
                // What is accumulated into is read, so it must not have been written by the pixel before.
                int reach = beta == 0 ? PoolWindow.Reach(channels, row - to, all - last) : channels;
                if (beta == 0 && oy1 - oy0 == 1 && ox1 - ox0 == 1) OneWindow(OutputGradient + first, Indices + first, own, share, reach, dx + to);
                else SomeWindows(OutputGradient + first, Indices + first, channels, fromRow, oy1 - oy0, ox1 - ox0, own, share, reach, dx + to, beta);
            }
        }
    }

    // Small loops of their own keep what they need in registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneWindow(float* dy, int* indices, int own, float share, int reach, float* dx)
    {
        int i = 0, width = Lanes.Count;
        for (; i <= reach - width; i += width) Share(Part(Lanes.Load(dy + i), indices + i, width, own + i), share).Store(dx + i);
        if (i < reach) Lanes.Store(Share(Part(Lanes.Load(dy + i, reach - i), indices + i, reach - i, own + i), share), dx + i, reach - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SomeWindows(float* dy, int* indices, int channels, int row, int rows, int columns, int own, float share, int reach, float* dx, float beta)
    {
        int width = Lanes.Count;
        for (int i = 0; i < reach; i += width)
        {
            int count = Math.Min(width, reach - i);
            Vector<float> sum = default;
            for (int oy = 0, start = i; oy < rows; oy++, start += row)
            {
                for (int ox = 0, window = start; ox < columns; ox++, window += channels) sum += Part(Lanes.Load(dy + window, count), indices + window, count, own + i);
            }
            Lanes.Accumulate(Share(sum, share), dx + i, count, beta);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Part(Vector<float> dy, int* index, int count, int own)
    {
        if (!TIndices.Exist) return dy;
        Vector<int> places = Lanes.Load((float*)index, count).As<float, int>();
        return Vector.ConditionalSelect(Vector.Equals(places, Vector<int>.Indices + new Vector<int>(own)), dy, Vector<float>.Zero);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Share(Vector<float> sum, float share) => TIndices.Exist ? sum : sum * share;
}
