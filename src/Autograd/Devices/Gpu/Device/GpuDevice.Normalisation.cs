using ILGPU;

namespace ResearchFreeze.Autograd;

public sealed partial class GpuDevice
{
    /// <inheritdoc/>
    protected override void MomentsCore(in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance)
    {
        if (x.Length == 0)
        {
            FillCore(mean, double.NaN);
            FillCore(variance, double.NaN);
            return;
        }
        var tiles = ChannelTiles.Of(shape.Rows, shape.Channels);
        KernelConfig config = PerTile(tiles);
        if (tiles.Chunks == 1)
        {
            launchers.Moments(stream, config, Reals(x), Reals(mean), Reals(mean), Reals(variance), tiles);
            return;
        }
        int count = checked(tiles.Chunks * shape.Channels);
        ArrayView<float> work = Scratch(3L * count), means = work.SubView(0, count), rests = work.SubView(count, count), variances = work.SubView(2 * count, count);
        launchers.Moments(stream, config, Reals(x), means, rests, variances, tiles);
        launchers.MergeMoments(stream, new KernelConfig(shape.Channels, GroupFor(tiles.Chunks)), means, rests, variances, Reals(mean), Reals(variance), tiles);
    }

    /// <inheritdoc/>
    protected override void BatchNormCore(
        in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange beta, TensorRange? residual, TensorRange y, Activation activation)
    {
        if (y.Length == 0) return;
        BatchNormArguments arguments = BatchNormArguments.Of(shape);
        arguments.HasResidual = residual is null ? 0 : 1;
        arguments.Activation = (int)activation;
        launchers.BatchNorm(stream, PerElement(y.Length), Reals(x), Reals(mean), Reals(variance), Reals(gamma), Reals(beta), Reals(residual ?? x), Reals(y), arguments);
    }

    /// <inheritdoc/>
    protected override void BatchNormScaleGradientCore(in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange dz, TensorRange dgamma, float beta)
    {
        if (x.Length == 0)
        {
            Scale(dgamma, beta);
            return;
        }
        var tiles = ChannelTiles.Of(shape.Rows, shape.Channels);
        ArrayView<float> sums = ChunkSums(tiles, dgamma);
        launchers.BatchNormScaleGradient(
            stream, PerTile(tiles), Reals(x), Reals(mean), Reals(variance), Reals(dz), sums, tiles, shape.Epsilon, tiles.Chunks == 1 ? beta : 0);
        AddChunks(sums, tiles.Chunks, dgamma, beta);
    }

    /// <inheritdoc/>
    protected override void BatchNormInputGradientCore(
        in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange dz, TensorRange dgamma, TensorRange dbeta, TensorRange dx, float beta)
    {
        if (dx.Length == 0) return;
        launchers.BatchNormInputGradient(
            stream, PerElement(dx.Length), Reals(x), Reals(mean), Reals(variance), Reals(gamma), Reals(dz), Reals(dgamma), Reals(dbeta), Reals(dx), BatchNormArguments.Of(shape), beta);
    }

    /// <inheritdoc/>
    protected override void BatchNormScaleCore(in BatchNormShape shape, TensorRange variance, TensorRange gamma, TensorRange dz, TensorRange dx, float beta)
    {
        if (dx.Length > 0) launchers.BatchNormScale(stream, PerElement(dx.Length), Reals(variance), Reals(gamma), Reals(dz), Reals(dx), BatchNormArguments.Of(shape), beta);
    }

    /// <inheritdoc/>
    protected override void GroupNormCore(in GroupNormShape shape, TensorRange x, TensorRange gamma, TensorRange? bias, TensorRange y, TensorRange? state)
    {
        if (y.Length == 0) return;
        GroupNormArguments arguments = GroupNormArguments.Of(shape);
        arguments.HasBias = bias is null ? 0 : 1;
        arguments.HasState = state is null ? 0 : 1;
        launchers.GroupNorm(
            stream, new KernelConfig(shape.Batch * shape.Groups, GroupFor(arguments.Size)), Reals(x), Reals(gamma), Reals(bias ?? gamma), Reals(y), Reals(state ?? y), arguments);
    }

    /// <inheritdoc/>
    protected override void GroupNormInputGradientCore(in GroupNormShape shape, TensorRange x, TensorRange state, TensorRange gamma, TensorRange dy, TensorRange dx, float beta)
    {
        if (dx.Length == 0) return;
        GroupNormArguments arguments = GroupNormArguments.Of(shape);
        launchers.GroupNormInputGradient(
            stream, new KernelConfig(shape.Batch * shape.Groups, GroupFor(arguments.Size)), Reals(x), Reals(state), Reals(gamma), Reals(dy), Reals(dx), arguments, beta);
    }

    /// <inheritdoc/>
    protected override void GroupNormScaleGradientCore(in GroupNormShape shape, TensorRange x, TensorRange state, TensorRange dy, TensorRange dgamma, float beta)
    {
        if (x.Length == 0)
        {
            Scale(dgamma, beta);
            return;
        }
        var tiles = ChannelTiles.Of(shape.Batch * shape.Spatial, shape.Channels);
        ArrayView<float> sums = ChunkSums(tiles, dgamma);
        launchers.GroupNormScaleGradient(stream, PerTile(tiles), Reals(x), Reals(state), Reals(dy), sums, tiles, GroupNormArguments.Of(shape), tiles.Chunks == 1 ? beta : 0);
        AddChunks(sums, tiles.Chunks, dgamma, beta);
    }

    /// <inheritdoc/>
    protected override void LogSoftmaxCore(int rows, int columns, TensorRange x, TensorRange y)
    {
        if (y.Length > 0) launchers.LogSoftmax(stream, PerRow(rows, columns), Reals(x), Reals(y), columns);
    }

    /// <inheritdoc/>
    protected override void LogSoftmaxBackwardCore(int rows, int columns, TensorRange y, TensorRange dy, TensorRange dx, float beta)
    {
        if (dx.Length > 0) launchers.LogSoftmaxBackward(stream, PerRow(rows, columns), Reals(y), Reals(dy), Reals(dx), columns, beta);
    }

    private static KernelConfig PerTile(in ChannelTiles tiles) => new(checked(tiles.Tiles * tiles.Chunks), Cell.GroupSize);

    /// <summary>Where the chunks' sums go: to the result itself where there is one chunk.</summary>
    private ArrayView<float> ChunkSums(in ChannelTiles tiles, TensorRange y) => tiles.Chunks == 1 ? Reals(y) : Scratch((long)tiles.Chunks * y.Length);

    /// <summary>y ← Σ of the chunks' sums, which lie one after the other, + beta·y; nothing where one chunk is all and has been stored.</summary>
    private void AddChunks(ArrayView<float> sums, int chunks, TensorRange y, float beta)
    {
        if (chunks > 1) Reduce(chunks >= 32, sums, Reals(y), ReduceWalk.OfPartials(y.Length, chunks), y.Length, chunks, chunks, 1, beta);
    }
}
