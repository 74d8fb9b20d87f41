using ILGPU;

namespace ResearchFreeze.Autograd;

public sealed partial class GpuDevice
{
    /// <inheritdoc/>
    internal override bool FusesBatchNorm => true;

    /// <inheritdoc/>
    private protected override void NormaliseBatchCore(
        in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange beta, TensorRange? residual, TensorRange y, Activation activation,
        float momentum, double varianceMomentum, TensorRange runningMean, TensorRange runningVariance)
    {
        var tiles = ChannelTiles.Of(shape.Rows, shape.Channels, FusedBatchNormKernels.MostChunks);
        int count = checked(tiles.Chunks * shape.Channels);
        ArrayView<float> chunks = Scratch(3L * count);
        launchers.Moments(stream, PerTile(tiles), Reals(x), chunks.SubView(0, count), chunks.SubView(count, count), chunks.SubView(2 * count, count), tiles);
        BatchNormArguments arguments = BatchNormArguments.Of(shape);
        arguments.HasResidual = residual is null ? 0 : 1;
        arguments.Activation = (int)activation;
        arguments.HasRunning = momentum > 0 ? 1 : 0;
        arguments.Momentum = momentum;
        arguments.VarianceMomentum = (float)varianceMomentum;
        launchers.FusedBatchNorm(
            stream, PerTile(tiles), Reals(x), chunks, Reals(mean), Reals(variance), Reals(gamma), Reals(beta), Reals(residual ?? x), Reals(runningMean), Reals(runningVariance), Reals(y), tiles, arguments);
    }

    /// <inheritdoc/>
    private protected override void BatchNormGradientsCore(
        in BatchNormShape shape, Activation activation, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange y, TensorRange dy, TensorRange dz, TensorRange dgamma, TensorRange dbeta,
        TensorRange dx, float beta)
    {
        var tiles = ChannelTiles.Of(shape.Rows, shape.Channels, FusedBatchNormKernels.MostChunks);
        ArrayView<float> sums = Scratch(2L * tiles.Chunks * shape.Channels);
        launchers.FusedBatchNormSums(stream, PerTile(tiles), Reals(x), Reals(mean), Reals(y), Reals(dy), Reals(dz), sums, tiles, (int)activation);
        launchers.FusedBatchNormInputGradient(
            stream, PerTile(tiles), Reals(x), Reals(mean), Reals(variance), Reals(gamma), Reals(dz), sums, Reals(dgamma), Reals(dbeta), Reals(dx), tiles, shape.Epsilon, beta);
    }
}
