namespace ResearchFreeze.Autograd;

// Sums over the rows of each channel. The rows are cut into chunks by the shape alone; a chunk is read once from memory and its results are added to the others in order, in double.
public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    protected override void MomentsCore(in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance)
    {
        ChannelBlocks blocks = ChannelBlocks.ForSums(shape.Rows, shape.Channels);
        float* means = Reals(mean), variances = Reals(variance);
        int channels = shape.Channels, chunks = blocks.Chunks;
        double* space = scratch.Doubles((2L * channels * (chunks + 1L)) + (2L * chunks * blocks.Length));
        double* centers = space, squares = space + channels;
        var work = new MomentsWork { Blocks = blocks, X = Reals(x), Results = space + (2L * channels) };
        work.Space = (float*)(work.Results + (2L * chunks * channels));
        CpuParallel.For(threads, ref work, chunks, 3 * blocks.ChunkRows * channels);
        new Span<double>(space, 2 * channels).Clear();
        double count = 0;
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            double* result = work.Results + (2L * chunk * channels);
            ChannelSums.Join(channels, count, centers, squares, blocks.RowsOf(chunk), result, result + channels);
            count += blocks.RowsOf(chunk);
        }
        for (int c = 0; c < channels; c++)
        {
            means[c] = (float)centers[c];
            variances[c] = (float)(squares[c] / count);
        }
    }

    /// <inheritdoc/>
    protected override void BatchNormScaleGradientCore(in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange dz, TensorRange dgamma, float beta)
    {
        ChannelBlocks blocks = ChannelBlocks.ForSums(shape.Rows, shape.Channels);
        float* variances = Reals(variance), to = Reals(dgamma);
        double* sums = SumChunks<ScaleTerm>(blocks, Reals(x), Reals(mean), Reals(dz));
        for (int c = 0; c < shape.Channels; c++) to[c] = Total(sums[c] / Math.Sqrt((double)variances[c] + shape.Epsilon), beta, to + c);
    }

    /// <summary>Each channel's sum over all rows, in scratch memory.</summary>
    private double* SumChunks<TTerm>(in ChannelBlocks blocks, float* x, float* center, float* dz)
        where TTerm : struct, IChannelTerm
    {
        int channels = blocks.Channels, chunks = blocks.Chunks;
        double* sums = scratch.Doubles((channels * (chunks + 1L)) + (((2L * chunks) + 1) * blocks.Length));
        var work = new SumChunksWork<TTerm> { Blocks = blocks, X = x, OutputGradient = dz, Results = sums + channels };
        work.Center = (float*)(work.Results + ((long)chunks * channels));
        if (center != null) new Span<float>(center, channels).CopyTo(new Span<float>(work.Center, channels));
        else new Span<float>(work.Center, channels).Clear();
        blocks.Repeat(work.Center);
        CpuParallel.For(threads, ref work, chunks, 2 * blocks.ChunkRows * channels);
        new Span<double>(sums, channels).Clear();
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            double* result = work.Results + ((long)chunk * channels);
            for (int c = 0; c < channels; c++) sums[c] += result[c];
        }
        return sums;
    }

    private struct MomentsWork : IRangeWork
    {
        public ChannelBlocks Blocks;
        public float* X;
        public double* Results;
        public float* Space;

        public readonly void Run(int start, int end)
        {
            // Space of the first chunk of the part: nobody else's.
            float* space = Space + (3L * start * Blocks.Length);
            for (int chunk = start; chunk < end; chunk++)
            {
                double* means = Results + (2L * chunk * Blocks.Channels);
                ChannelSums.Moments(Blocks, X + ((nint)chunk * Blocks.ChunkRows * Blocks.Channels), Blocks.RowsOf(chunk), space, means, means + Blocks.Channels);
            }
        }
    }

    private struct SumChunksWork<TTerm> : IRangeWork
        where TTerm : struct, IChannelTerm
    {
        public ChannelBlocks Blocks;
        public float* X;
        public float* OutputGradient;
        public float* Center;
        public double* Results;

        public readonly void Run(int start, int end)
        {
            float* lanes = Center + (((2L * start) + 1) * Blocks.Length);
            for (int chunk = start; chunk < end; chunk++)
            {
                nint at = (nint)chunk * Blocks.ChunkRows * Blocks.Channels;
                double* sums = Results + ((long)chunk * Blocks.Channels);
                new Span<double>(sums, Blocks.Channels).Clear();
                ChannelSums.Add<TTerm>(Blocks, X + at, Center, OutputGradient + at, Blocks.RowsOf(chunk), lanes, sums, null);
            }
        }
    }
}
