namespace ResearchFreeze.Autograd;

// Normalisation within a sample. With one pixel a sample, (sample, group) pairs are runs of elements; with more of them, a sample is treated as a small batch is, channel by channel.
public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    protected override void GroupNormCore(in GroupNormShape shape, TensorRange x, TensorRange gamma, TensorRange? bias, TensorRange y, TensorRange? state)
    {
        if (shape.Spatial == 1)
        {
            var runs = new LayerNormWork { Shape = shape, X = Reals(x), Gamma = Reals(gamma), Bias = Reals(bias), Y = Reals(y), State = Reals(state) };
            CpuParallel.For(threads, ref runs, shape.Batch * shape.Groups, 3 * shape.GroupChannels);
            return;
        }
        var space = new SampleSpace(shape);
        var work = new GroupNormWork { Space = space, X = Reals(x), Gamma = Reals(gamma), Bias = Reals(bias), Y = Reals(y), State = Reals(state), Memory = scratch.Doubles(space.Doubles * shape.Batch) };
        CpuParallel.For(threads, ref work, shape.Batch, 3 * shape.Spatial * shape.Channels);
    }

    /// <inheritdoc/>
    protected override void GroupNormInputGradientCore(in GroupNormShape shape, TensorRange x, TensorRange state, TensorRange gamma, TensorRange dy, TensorRange dx, float beta)
    {
        if (shape.Spatial == 1)
        {
            var runs = new LayerNormGradientWork
            {
                Shape = shape,
                X = Reals(x),
                State = Reals(state),
                Gamma = Reals(gamma),
                OutputGradient = Reals(dy),
                InputGradient = Reals(dx),
                Beta = beta,
            };
            CpuParallel.For(threads, ref runs, shape.Batch * shape.Groups, 4 * shape.GroupChannels);
            return;
        }
        var space = new SampleSpace(shape);
        var work = new GroupNormGradientWork
        {
            Space = space,
            X = Reals(x),
            State = Reals(state),
            Gamma = Reals(gamma),
            OutputGradient = Reals(dy),
            InputGradient = Reals(dx),
            Beta = beta,
            Memory = scratch.Doubles(space.Doubles * shape.Batch),
        };
        CpuParallel.For(threads, ref work, shape.Batch, 4 * shape.Spatial * shape.Channels);
    }

    /// <inheritdoc/>
    protected override void GroupNormScaleGradientCore(in GroupNormShape shape, TensorRange x, TensorRange state, TensorRange dy, TensorRange dgamma, float beta)
    {
        // A sum a channel of each sample, or of each chunk of rows, side by side in scratch memory; then these in order.
        int channels = shape.Channels, pieces;
        double* sums;
        if (shape.Spatial == 1)
        {
            ChannelBlocks blocks = ChannelBlocks.ForSums(shape.Batch, channels);
            pieces = blocks.Chunks;
            sums = scratch.Doubles(2L * pieces * channels);
            var work = new LayerNormScaleWork
            {
                Shape = shape,
                Blocks = blocks,
                X = Reals(x),
                State = Reals(state),
                OutputGradient = Reals(dy),
                Sums = sums,
                Partial = (float*)(sums + ((long)pieces * channels)),
            };
            CpuParallel.For(threads, ref work, pieces, 2 * blocks.ChunkRows * channels);
        }
        else
        {
            var space = new SampleSpace(shape);
            pieces = shape.Batch;
            sums = scratch.Doubles(((long)channels + space.Doubles) * pieces);
            var work = new GroupNormScaleWork
            {
                Space = space,
                X = Reals(x),
                State = Reals(state),
                OutputGradient = Reals(dy),
                Sums = sums,
                Memory = sums + ((long)channels * pieces),
            };
            CpuParallel.For(threads, ref work, pieces, 2 * shape.Spatial * channels);
        }
        var finish = new FinishWork { Sums = sums, Columns = channels, Pieces = pieces, Scale = 1, Y = Reals(dgamma), Beta = beta };
        CpuParallel.For(threads, ref finish, channels, 2 * pieces);
    }
}
