using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

// Pooling, vectors along the channels. Forward passes share out rows of the result, backward passes rows of the images: a pixel gathers from the windows that it is in, so nothing is added twice at once.
public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    protected override void MaxPoolCore(in Pool2dShape shape, TensorRange x, TensorRange y, TensorRange? indices)
    {
        var work = new MaxPoolWork { Shape = shape, X = Reals(x), Y = Reals(y), Indices = indices is { } range ? Integers(range) : null };
        CpuParallel.For(threads, ref work, shape.Batch * shape.OutputHeight, PoolCost(shape) * shape.OutputWidth);
    }

    /// <inheritdoc/>
    protected override void MaxPoolBackwardCore(in Pool2dShape shape, TensorRange indices, TensorRange dy, TensorRange dx, float beta)
    {
        var work = new MaxPoolBackwardWork { Shape = shape, Indices = Integers(indices), OutputGradient = Reals(dy), InputGradient = Reals(dx), Beta = beta };
        CpuParallel.For(threads, ref work, shape.Batch * shape.Height, 2 * shape.Width * shape.Channels);
    }

    /// <inheritdoc/>
    protected override void AveragePoolCore(in Pool2dShape shape, TensorRange x, TensorRange y)
    {
        var work = new AveragePoolWork { Shape = shape, X = Reals(x), Y = Reals(y) };
        CpuParallel.For(threads, ref work, shape.Batch * shape.OutputHeight, PoolCost(shape) * shape.OutputWidth);
    }

    /// <inheritdoc/>
    protected override void AveragePoolBackwardCore(in Pool2dShape shape, TensorRange dy, TensorRange dx, float beta)
    {
        var work = new AveragePoolBackwardWork { Shape = shape, OutputGradient = Reals(dy), InputGradient = Reals(dx), Beta = beta };
        CpuParallel.For(threads, ref work, shape.Batch * shape.Height, 2 * shape.Width * shape.Channels);
    }

    private static int PoolCost(in Pool2dShape shape) => shape.Kernel.Height * shape.Kernel.Width * shape.Channels;

    /// <summary>The first and the end of the pixels of window <paramref name="output"/> that lie in the image.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (int First, int End) Window(int output, int kernel, int stride, int padding, int size)
    {
        int start = (output * stride) - padding;
        return (Math.Max(start, 0), Math.Min(start + kernel, size));
    }

    /// <summary>The first and the end of the windows that pixel <paramref name="input"/> is in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (int First, int End) Windows(int input, int kernel, int stride, int padding, int outputs)
    {
        int last = input + padding, first = last - kernel + 1;
        return (first <= 0 ? 0 : (first + stride - 1) / stride, Math.Min((last / stride) + 1, outputs));
    }

    private struct MaxPoolWork : IRangeWork
    {
        public Pool2dShape Shape;
        public float* X;
        public float* Y;
        public int* Indices;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int start, int end)
        {
            int channels = Shape.Channels, width = Lanes.Count, columns = Shape.OutputWidth;
            for (int row = start; row < end; row++)
            {
                (int n, int oy) = Math.DivRem(row, Shape.OutputHeight);
                (int y0, int y1) = Window(oy, Shape.Kernel.Height, Shape.Stride.Height, Shape.Padding.Height, Shape.Height);
                for (int ox = 0; ox < columns; ox++)
                {
                    (int x0, int x1) = Window(ox, Shape.Kernel.Width, Shape.Stride.Width, Shape.Padding.Width, Shape.Width);
                    nint to = (((nint)row * columns) + ox) * channels;
                    for (int c = 0; c < channels; c += width)
                    {
                        int count = Math.Min(width, channels - c);
                        int first = ((((n * Shape.Height) + y0) * Shape.Width) + x0) * channels;
                        Vector<float> best = Lanes.Load(X + first + c, count);
                        Vector<int> place = new(first + c);
                        for (int iy = y0; iy < y1; iy++)
                        {
                            int at = ((((n * Shape.Height) + iy) * Shape.Width) + x0) * channels;
                            for (int ix = x0; ix < x1; ix++, at += channels)
                            {
                                Vector<float> value = Lanes.Load(X + at + c, count);
                                // A NaN is larger than any number, and nothing is larger than a NaN.
                                Vector<int> larger = Vector.GreaterThan(value, best) | Vector.AndNot(Vector.Equals(best, best), Vector.Equals(value, value));
                                best = Vector.ConditionalSelect(larger, value, best);
                                place = Vector.ConditionalSelect(larger, new Vector<int>(at + c), place);
                            }
                        }
                        Lanes.Store(best, Y + to + c, count);
                        if (Indices != null) Lanes.Store((place + Vector<int>.Indices).As<int, float>(), (float*)(Indices + to + c), count);
                    }
                }
            }
        }
    }

    private struct MaxPoolBackwardWork : IRangeWork
    {
        public Pool2dShape Shape;
        public int* Indices;
        public float* OutputGradient;
        public float* InputGradient;
        public float Beta;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int start, int end)
        {
            int channels = Shape.Channels, width = Lanes.Count, rows = Shape.OutputHeight, columns = Shape.OutputWidth;
            for (int row = start; row < end; row++)
            {
                (int n, int iy) = Math.DivRem(row, Shape.Height);
                (int oy0, int oy1) = Windows(iy, Shape.Kernel.Height, Shape.Stride.Height, Shape.Padding.Height, rows);
                for (int ix = 0; ix < Shape.Width; ix++)
                {
                    (int ox0, int ox1) = Windows(ix, Shape.Kernel.Width, Shape.Stride.Width, Shape.Padding.Width, columns);
                    int to = ((row * Shape.Width) + ix) * channels;
                    for (int c = 0; c < channels; c += width)
                    {
                        int count = Math.Min(width, channels - c);
                        Vector<int> own = Vector<int>.Indices + new Vector<int>(to + c);
                        Vector<float> sum = default;
                        for (int oy = oy0; oy < oy1; oy++)
                        {
                            for (int ox = ox0; ox < ox1; ox++)
                            {
                                nint from = (((((nint)n * rows) + oy) * columns) + ox) * channels + c;
                                Vector<int> mine = Vector.Equals(Lanes.Load((float*)(Indices + from), count).As<float, int>(), own);
                                sum += Vector.ConditionalSelect(mine, Lanes.Load(OutputGradient + from, count), Vector<float>.Zero);
                            }
                        }
                        Lanes.Accumulate(sum, InputGradient + to + c, count, Beta);
                    }
                }
            }
        }
    }

    private struct AveragePoolWork : IRangeWork
    {
        public Pool2dShape Shape;
        public float* X;
        public float* Y;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int start, int end)
        {
            int channels = Shape.Channels, width = Lanes.Count, columns = Shape.OutputWidth;
            var share = new Vector<float>(1f / (Shape.Kernel.Height * Shape.Kernel.Width));
            for (int row = start; row < end; row++)
            {
                (int n, int oy) = Math.DivRem(row, Shape.OutputHeight);
                (int y0, int y1) = Window(oy, Shape.Kernel.Height, Shape.Stride.Height, Shape.Padding.Height, Shape.Height);
                for (int ox = 0; ox < columns; ox++)
                {
                    (int x0, int x1) = Window(ox, Shape.Kernel.Width, Shape.Stride.Width, Shape.Padding.Width, Shape.Width);
                    float* to = Y + ((((nint)row * columns) + ox) * channels);
                    for (int c = 0; c < channels; c += width)
                    {
                        int count = Math.Min(width, channels - c);
                        Vector<float> sum = default;
                        for (int iy = y0; iy < y1; iy++)
                        {
                            float* from = X + (((((nint)n * Shape.Height) + iy) * Shape.Width) + x0) * channels + c;
                            for (int ix = x0; ix < x1; ix++, from += channels) sum += Lanes.Load(from, count);
                        }
                        Lanes.Store(sum * share, to + c, count);
                    }
                }
            }
        }
    }

    private struct AveragePoolBackwardWork : IRangeWork
    {
        public Pool2dShape Shape;
        public float* OutputGradient;
        public float* InputGradient;
        public float Beta;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int start, int end)
        {
            int channels = Shape.Channels, width = Lanes.Count, rows = Shape.OutputHeight, columns = Shape.OutputWidth;
            var share = new Vector<float>(1f / (Shape.Kernel.Height * Shape.Kernel.Width));
            for (int row = start; row < end; row++)
            {
                (int n, int iy) = Math.DivRem(row, Shape.Height);
                (int oy0, int oy1) = Windows(iy, Shape.Kernel.Height, Shape.Stride.Height, Shape.Padding.Height, rows);
                for (int ix = 0; ix < Shape.Width; ix++)
                {
                    (int ox0, int ox1) = Windows(ix, Shape.Kernel.Width, Shape.Stride.Width, Shape.Padding.Width, columns);
                    float* to = InputGradient + ((((nint)row * Shape.Width) + ix) * channels);
                    for (int c = 0; c < channels; c += width)
                    {
                        int count = Math.Min(width, channels - c);
                        Vector<float> sum = default;
                        for (int oy = oy0; oy < oy1; oy++)
                        {
                            for (int ox = ox0; ox < ox1; ox++) sum += Lanes.Load(OutputGradient + ((((((nint)n * rows) + oy) * columns) + ox) * channels) + c, count);
                        }
                        Lanes.Accumulate(sum * share, to + c, count, Beta);
                    }
                }
            }
        }
    }
}
