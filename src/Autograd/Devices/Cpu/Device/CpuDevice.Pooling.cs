namespace ResearchFreeze.Autograd;

// Pooling, vectors along the channels. Forward passes share out rows of the result, backward passes rows of the images: a pixel gathers from the windows that it is in, so nothing is added twice at once; where windows do not overlap, a window scatters instead.
public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    protected override void MaxPoolCore(in Pool2dShape shape, TensorRange x, TensorRange y, TensorRange? indices)
    {
        float* from = Reals(x), to = Reals(y);
        if (indices is { } range)
        {
            var work = new MaxPoolWork<WithIndices> { Shape = shape, X = from, Y = to, Indices = Integers(range) };
            CpuParallel.For(threads, ref work, shape.Batch * shape.OutputHeight, PoolCost(shape) * shape.OutputWidth);
        }
        else
        {
            var work = new MaxPoolWork<WithoutIndices> { Shape = shape, X = from, Y = to };
            CpuParallel.For(threads, ref work, shape.Batch * shape.OutputHeight, PoolCost(shape) * shape.OutputWidth);
        }
    }

    /// <inheritdoc/>
    protected override void MaxPoolBackwardCore(in Pool2dShape shape, TensorRange indices, TensorRange dy, TensorRange dx, float beta)
    {
        if (PoolScatterWork.Does(shape, beta))
        {
            var scatter = new PoolScatterWork { Shape = shape, Indices = Integers(indices), OutputGradient = Reals(dy), InputGradient = Reals(dx) };
            CpuParallel.For(threads, ref scatter, shape.Batch * shape.OutputHeight, 4 * shape.Width * shape.Channels);
            return;
        }
        var work = new PoolGradientWork<WithIndices> { Shape = shape, Indices = Integers(indices), OutputGradient = Reals(dy), InputGradient = Reals(dx), Beta = beta };
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
        var work = new PoolGradientWork<WithoutIndices> { Shape = shape, OutputGradient = Reals(dy), InputGradient = Reals(dx), Beta = beta };
        CpuParallel.For(threads, ref work, shape.Batch * shape.Height, 2 * shape.Width * shape.Channels);
    }

    private static int PoolCost(in Pool2dShape shape) => shape.Kernel.Height * shape.Kernel.Width * shape.Channels;
}
