using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

// Sums over the rows of each channel. The rows are cut into chunks by the shape alone; a chunk is read once from memory and its results are added to the others in order, in double.
public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    protected override void MomentsCore(in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance)
    {
        var blocks = new ChannelBlocks(shape.Rows, shape.Channels);
        float* means = Reals(mean), variances = Reals(variance);
        lock (gate)
        {
            int channels = shape.Channels;
            var work = new MomentsWork { Blocks = blocks, X = Reals(x), Results = scratch.Doubles(blocks.Chunks * ((2L * channels) + blocks.Length)) };
            work.Space = (float*)(work.Results + (2L * blocks.Chunks * channels));
            CpuParallel.For(threads, ref work, blocks.Chunks, 3 * blocks.ChunkRows * channels);
            for (int c = 0; c < channels; c++)
            {
                // Chan, Golub and LeVeque (1979): two sets' means and square sums make those of both.
                double count = 0, center = 0, squares = 0;
                for (int chunk = 0; chunk < blocks.Chunks; chunk++)
                {
                    double* result = work.Results + (2L * chunk * channels) + c;
                    double rows = Math.Min(blocks.ChunkRows, shape.Rows - (chunk * blocks.ChunkRows)), distance = result[0] - center;
                    squares += result[channels] + (distance * distance * count * rows / (count + rows));
                    center += distance * rows / (count + rows);
                    count += rows;
                }
                means[c] = (float)center;
                variances[c] = (float)(squares / count);
            }
        }
    }

    /// <inheritdoc/>
    protected override void BatchNormScaleGradientCore(in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange dz, TensorRange dgamma, float beta)
    {
        var blocks = new ChannelBlocks(shape.Rows, shape.Channels);
        float* variances = Reals(variance), to = Reals(dgamma);
        lock (gate)
        {
            int channels = shape.Channels;
            double* results = scratch.Doubles((blocks.Chunks * ((long)channels + blocks.Length)) + blocks.Length);
            var work = new ScaleGradientWork { Blocks = blocks, X = Reals(x), OutputGradient = Reals(dz), Center = (float*)(results + ((long)blocks.Chunks * channels)), Results = results };
            new Span<float>(Reals(mean), channels).CopyTo(new Span<float>(work.Center, channels));
            blocks.Repeat(work.Center);
            CpuParallel.For(threads, ref work, blocks.Chunks, 2 * blocks.ChunkRows * channels);
            for (int c = 0; c < channels; c++)
            {
                double sum = 0;
                for (int chunk = 0; chunk < blocks.Chunks; chunk++) sum += results[((long)chunk * channels) + c];
                to[c] = Total(sum / Math.Sqrt((double)variances[c] + shape.Epsilon), beta, to + c);
            }
        }
    }

    /// <summary>What a chunk adds up, element by element.</summary>
    private interface IChannelTerm
    {
        static abstract Vector<float> Of(Vector<float> x, Vector<float> center, Vector<float> dz);
    }

    private readonly struct DistanceTerm : IChannelTerm
    {
        public static Vector<float> Of(Vector<float> x, Vector<float> center, Vector<float> dz) => x - center;
    }

    private readonly struct SquareTerm : IChannelTerm
    {
        public static Vector<float> Of(Vector<float> x, Vector<float> center, Vector<float> dz) => (x - center) * (x - center);
    }

    private readonly struct GradientTerm : IChannelTerm
    {
        public static Vector<float> Of(Vector<float> x, Vector<float> center, Vector<float> dz) => (x - center) * dz;
    }

    /// <summary>A chunk's Σ for each channel: lanes of a block side by side, then the rows of a block in order, then the rows that fill none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SumChunk<TTerm>(in ChannelBlocks blocks, float* x, float* center, float* dz, int rows, float* lanes, double* to)
        where TTerm : struct, IChannelTerm
    {
        int channels = blocks.Channels, length = blocks.Length, whole = rows / blocks.BlockRows, width = Lanes.Count;
        for (int i = 0; i < length; i += width)
        {
            int count = Math.Min(width, length - i);
            Vector<float> middle = Lanes.Load(center + i, count), even = default, odd = default;
            nint at = i;
            int block = 0;
            for (; block < whole - 1; block += 2, at += 2 * length)
            {
                even += TTerm.Of(Lanes.Load(x + at, count), middle, Lanes.Load(dz + at, count));
                odd += TTerm.Of(Lanes.Load(x + at + length, count), middle, Lanes.Load(dz + at + length, count));
            }
            if (block < whole) even += TTerm.Of(Lanes.Load(x + at, count), middle, Lanes.Load(dz + at, count));
            Lanes.Store(even + odd, lanes + i, count);
        }
        for (int c = 0; c < channels; c++) to[c] = 0;
        for (int i = 0; i < length; i++) to[i % channels] += lanes[i];
        for (nint i = (nint)whole * length; i < (nint)rows * channels; i++)
        {
            int c = (int)(i % channels);
            to[c] += TTerm.Of(new Vector<float>(x[i]), new Vector<float>(center[c]), new Vector<float>(dz[i]))[0];
        }
    }

    private struct MomentsWork : IRangeWork
    {
        public ChannelBlocks Blocks;
        public float* X;
        public double* Results;
        public float* Space;

        public readonly void Run(int start, int end)
        {
            int channels = Blocks.Channels;
            for (int chunk = start; chunk < end; chunk++)
            {
                float* center = Space + (2L * chunk * Blocks.Length), lanes = center + Blocks.Length;
                float* x = X + ((nint)chunk * Blocks.ChunkRows * channels);
                int rows = Math.Min(Blocks.ChunkRows, Blocks.Rows - (chunk * Blocks.ChunkRows));
                double* sums = Results + (2L * chunk * channels), squares = sums + channels;
                // Summed about the first row, so that a mean far from zero costs no digits.
                for (int c = 0; c < channels; c++) center[c] = x[c];
                Blocks.Repeat(center);
                SumChunk<DistanceTerm>(Blocks, x, center, x, rows, lanes, sums);
                for (int c = 0; c < channels; c++)
                {
                    sums[c] = x[c] + (sums[c] / rows);
                    center[c] = (float)sums[c];
                }
                Blocks.Repeat(center);
                SumChunk<SquareTerm>(Blocks, x, center, x, rows, lanes, squares);
                // About the exact mean rather than its float: Σ(x − m)² = Σ(x − c)² − n·(m − c)².
                for (int c = 0; c < channels; c++)
                {
                    double off = sums[c] - center[c];
                    squares[c] = Math.Max(0, squares[c] - (rows * off * off));
                }
            }
        }
    }

    private struct ScaleGradientWork : IRangeWork
    {
        public ChannelBlocks Blocks;
        public float* X;
        public float* OutputGradient;
        public float* Center;
        public double* Results;

        public readonly void Run(int start, int end)
        {
            for (int chunk = start; chunk < end; chunk++)
            {
                nint at = (nint)chunk * Blocks.ChunkRows * Blocks.Channels;
                int rows = Math.Min(Blocks.ChunkRows, Blocks.Rows - (chunk * Blocks.ChunkRows));
                float* lanes = Center + ((chunk + 1L) * Blocks.Length);
                SumChunk<GradientTerm>(Blocks, X + at, Center, OutputGradient + at, rows, lanes, Results + ((long)chunk * Blocks.Channels));
            }
        }
    }
}
