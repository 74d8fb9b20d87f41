using ILGPU;

namespace ResearchFreeze.Autograd;

public sealed partial class GpuDevice
{
    /// <inheritdoc/>
    protected override void MaxPoolCore(in Pool2dShape shape, TensorRange x, TensorRange y, TensorRange? indices)
    {
        if (y.Length == 0) return;
        ArrayView<int> places = indices is { } range ? Integers(range) : Reals(y).Cast<int>();
        launchers.MaxPool(stream, PerElement(y.Length), Reals(x), Reals(y), places, PoolingArguments.Of(shape), indices is null ? 0 : 1);
    }

    /// <inheritdoc/>
    protected override void MaxPoolBackwardCore(in Pool2dShape shape, TensorRange indices, TensorRange dy, TensorRange dx, float beta)
    {
        if (dx.Length > 0) launchers.MaxPoolBackward(stream, PerElement(dx.Length), Integers(indices), Reals(dy), Reals(dx), PoolingArguments.Of(shape), beta);
    }

    /// <inheritdoc/>
    protected override void AveragePoolCore(in Pool2dShape shape, TensorRange x, TensorRange y)
    {
        if (y.Length > 0) launchers.AveragePool(stream, PerElement(y.Length), Reals(x), Reals(y), PoolingArguments.Of(shape));
    }

    /// <inheritdoc/>
    protected override void AveragePoolBackwardCore(in Pool2dShape shape, TensorRange dy, TensorRange dx, float beta)
    {
        if (dx.Length > 0) launchers.AveragePoolBackward(stream, PerElement(dx.Length), Reals(dy), Reals(dx), PoolingArguments.Of(shape), beta);
    }
}
