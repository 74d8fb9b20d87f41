using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

// Normalisation within a sample. (sample, group) pairs are independent and shared out; each is walked pixel by pixel along its channels.
public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    protected override void GroupNormCore(in GroupNormShape shape, TensorRange x, TensorRange gamma, TensorRange? bias, TensorRange y, TensorRange? state)
    {
        var work = new GroupNormWork { Shape = shape, X = Reals(x), Gamma = Reals(gamma), Bias = Reals(bias), Y = Reals(y), State = Reals(state) };
        CpuParallel.For(threads, ref work, shape.Batch * shape.Groups, 3 * shape.Spatial * shape.GroupChannels);
    }

    /// <inheritdoc/>
    protected override void GroupNormInputGradientCore(in GroupNormShape shape, TensorRange x, TensorRange state, TensorRange gamma, TensorRange dy, TensorRange dx, float beta)
    {
        var work = new GroupNormGradientWork
        {
            Shape = shape,
            X = Reals(x),
            State = Reals(state),
            Gamma = Reals(gamma),
            OutputGradient = Reals(dy),
            InputGradient = Reals(dx),
            Beta = beta,
        };
        CpuParallel.For(threads, ref work, shape.Batch * shape.Groups, 4 * shape.Spatial * shape.GroupChannels);
    }

    /// <inheritdoc/>
    protected override void GroupNormScaleGradientCore(in GroupNormShape shape, TensorRange x, TensorRange state, TensorRange dy, TensorRange dgamma, float beta)
    {
        // Rows of all channels, in chunks that the shape alone cuts; a chunk's sums in double, the chunks in order.
        int rows = shape.Batch * shape.Spatial, channels = shape.Channels, chunkRows = Math.Max(1, 8192 / channels), chunks = ((rows - 1) / chunkRows) + 1;
        float* to = Reals(dgamma);
        lock (gate)
        {
            var work = new GroupNormScaleWork
            {
                Shape = shape,
                X = Reals(x),
                State = Reals(state),
                OutputGradient = Reals(dy),
                ChunkRows = chunkRows,
                Sums = scratch.Doubles((long)chunks * channels),
            };
            CpuParallel.For(threads, ref work, chunks, 3 * chunkRows * channels);
            for (int c = 0; c < channels; c++)
            {
                double sum = 0;
                for (int chunk = 0; chunk < chunks; chunk++) sum += work.Sums[((long)chunk * channels) + c];
                to[c] = Total(sum, beta, to + c);
            }
        }
    }

    private struct GroupNormWork : IRangeWork
    {
        public GroupNormShape Shape;
        public float* X;
        public float* Gamma;
        public float* Bias;
        public float* Y;
        public float* State;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int start, int end)
        {
            int length = Shape.GroupChannels, spatial = Shape.Spatial, stride = Shape.Channels, width = Lanes.Count;
            double size = (double)spatial * length;
            for (int item = start; item < end; item++)
            {
                (int sample, int group) = Math.DivRem(item, Shape.Groups);
                nint at = ((nint)sample * spatial * stride) + ((nint)group * length);
                float* x = X + at, y = Y + at, gamma = Gamma + (group * length), bias = Bias == null ? null : Bias + (group * length);
                double mean = 0, squares = 0;
                if (Shape.IsCentered)
                {
                    for (int s = 0; s < spatial; s++) mean += CpuSums.Of<PlainTerm>(x + ((nint)s * stride), x, length);
                    mean /= size;
                }
                float center = (float)mean;
                for (int s = 0; s < spatial; s++) squares += SquaredDistance(x + ((nint)s * stride), center, length);
                double off = mean - center;                             // about the exact mean rather than its float
                float reciprocal = (float)(1 / Math.Sqrt(Math.Max(0, (squares / size) - (off * off)) + Shape.Epsilon));
                if (State != null)
                {
                    State[item] = center;
                    State[(Shape.Batch * Shape.Groups) + item] = reciprocal;
                }
                Vector<float> middle = new(center), factor = new(reciprocal);
                for (int s = 0; s < spatial; s++)
                {
                    float* from = x + ((nint)s * stride), to = y + ((nint)s * stride);
                    for (int i = 0; i < length; i += width)
                    {
                        int count = Math.Min(width, length - i);
                        Vector<float> value = (Lanes.Load(from + i, count) - middle) * factor * Lanes.Load(gamma + i, count);
                        if (bias != null) value += Lanes.Load(bias + i, count);
                        Lanes.Store(value, to + i, count);
                    }
                }
            }
        }
    }

    /// <summary>Σ (x − center)² of a run, blocks in float lanes, blocks in double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SquaredDistance(float* x, float center, int length)
    {
        const int Block = 1024;
        int width = Lanes.Count;
        var middle = new Vector<float>(center);
        double total = 0;
        for (int start = 0; start < length; start += Block)
        {
            int i = start, end = Math.Min(start + Block, length);
            Vector<float> sum = default;
            for (; i <= end - width; i += width)
            {
                Vector<float> distance = Lanes.Load(x + i) - middle;
                sum += distance * distance;
            }
            if (i < end)
            {
                // Missing lanes are zero, which is no distance of zero: they are cleared after it.
                Vector<float> distance = Vector.ConditionalSelect(Lanes.From(end - i).As<int, float>(), Vector<float>.Zero, Lanes.Load(x + i, end - i) - middle);
                sum += distance * distance;
            }
            Vector.Widen(sum, out Vector<double> a, out Vector<double> b);
            total += Vector.Sum(a + b);
        }
        return total;
    }

    private struct GroupNormGradientWork : IRangeWork
    {
        public GroupNormShape Shape;
        public float* X;
        public float* State;
        public float* Gamma;
        public float* OutputGradient;
        public float* InputGradient;
        public float Beta;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int start, int end)
        {
            int length = Shape.GroupChannels, spatial = Shape.Spatial, stride = Shape.Channels, width = Lanes.Count;
            double size = (double)spatial * length;
            for (int item = start; item < end; item++)
            {
                (int sample, int group) = Math.DivRem(item, Shape.Groups);
                nint at = ((nint)sample * spatial * stride) + ((nint)group * length);
                float* gamma = Gamma + (group * length);
                float reciprocal = State[(Shape.Batch * Shape.Groups) + item];
                Vector<float> middle = new(State[item]), factor = new(reciprocal);
                double sums = 0, products = 0;
                for (int s = 0; s < spatial; s++)
                {
                    float* x = X + at + ((nint)s * stride), dy = OutputGradient + at + ((nint)s * stride);
                    Vector<float> sum = default, product = default;
                    for (int i = 0; i < length; i += width)
                    {
                        int count = Math.Min(width, length - i);
                        // dy's missing lanes are zero, so nothing of them is added.
                        Vector<float> scaled = Lanes.Load(dy + i, count) * Lanes.Load(gamma + i, count);
                        sum += scaled;
                        product += scaled * ((Lanes.Load(x + i, count) - middle) * factor);
                    }
                    Vector.Widen(sum, out Vector<double> a, out Vector<double> b);
                    Vector.Widen(product, out Vector<double> c, out Vector<double> d);
                    sums += Vector.Sum(a + b);
                    products += Vector.Sum(c + d);
                }
                Vector<float> mean = new(Shape.IsCentered ? (float)(sums / size) : 0), slope = new((float)(products / size));
                for (int s = 0; s < spatial; s++)
                {
                    float* x = X + at + ((nint)s * stride), dy = OutputGradient + at + ((nint)s * stride), dx = InputGradient + at + ((nint)s * stride);
                    for (int i = 0; i < length; i += width)
                    {
                        int count = Math.Min(width, length - i);
                        Vector<float> normal = (Lanes.Load(x + i, count) - middle) * factor;
                        Vector<float> value = factor * ((Lanes.Load(dy + i, count) * Lanes.Load(gamma + i, count)) - mean - (normal * slope));
                        Lanes.Accumulate(value, dx + i, count, Beta);
                    }
                }
            }
        }
    }

    private struct GroupNormScaleWork : IRangeWork
    {
        public GroupNormShape Shape;
        public float* X;
        public float* State;
        public float* OutputGradient;
        public int ChunkRows;
        public double* Sums;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int start, int end)
        {
            int channels = Shape.Channels, all = Shape.Batch * Shape.Groups, rows = Shape.Batch * Shape.Spatial;
            for (int chunk = start; chunk < end; chunk++)
            {
                double* sums = Sums + ((long)chunk * channels);
                for (int c = 0; c < channels; c++) sums[c] = 0;
                int last = Math.Min(rows, (chunk + 1) * ChunkRows);
                for (int row = chunk * ChunkRows; row < last; row++)
                {
                    int sample = row / Shape.Spatial;
                    float* x = X + ((nint)row * channels), dy = OutputGradient + ((nint)row * channels);
                    for (int group = 0; group < Shape.Groups; group++)
                    {
                        int item = (sample * Shape.Groups) + group, first = group * Shape.GroupChannels;
                        double center = State[item], reciprocal = State[all + item];
                        for (int c = first; c < first + Shape.GroupChannels; c++) sums[c] += dy[c] * ((x[c] - center) * reciprocal);
                    }
                }
            }
        }
    }
}
