using ILGPU;

namespace ResearchFreeze.Autograd;

public sealed partial class GpuDevice
{
    /// <inheritdoc/>
    protected override void Conv2dCore(in Conv2dShape shape, TensorRange x, TensorRange w, TensorRange? bias, TensorRange y, Activation activation)
    {
        if (y.Length == 0) return;
        ConvolutionArguments arguments = ConvolutionArguments.Of(shape);
        arguments.HasBias = bias is null ? 0 : 1;
        arguments.Activation = (int)activation;
        launchers.Conv2d(stream, PerElement(y.Length), Reals(x), Reals(w), Reals(bias ?? w), Reals(y), arguments);
    }

    /// <inheritdoc/>
    protected override void Conv2dInputGradientCore(in Conv2dShape shape, TensorRange dy, TensorRange w, TensorRange dx, float beta)
    {
        if (dx.Length > 0) launchers.Conv2dInputGradient(stream, PerElement(dx.Length), Reals(dy), Reals(w), Reals(dx), ConvolutionArguments.Of(shape), beta);
    }

    /// <inheritdoc/>
    protected override void Conv2dWeightGradientCore(in Conv2dShape shape, TensorRange x, TensorRange dy, TensorRange dw, float beta)
    {
        int pixels = shape.Batch * shape.OutputHeight * shape.OutputWidth;
        if (pixels == 0)
        {
            Scale(dw, beta);
            return;
        }
        var tiles = ChannelTiles.Of(pixels, shape.GroupChannels);
        int units = checked(dw.Length / shape.GroupChannels * tiles.Tiles * tiles.Chunks);
        ArrayView<float> sums = ChunkSums(tiles, dw);
        launchers.Conv2dWeightGradient(stream, new KernelConfig(units, Cell.GroupSize), Reals(x), Reals(dy), sums, ConvolutionArguments.Of(shape), tiles, tiles.Chunks == 1 ? beta : 0);
        AddChunks(sums, tiles.Chunks, dw, beta);
    }
}
