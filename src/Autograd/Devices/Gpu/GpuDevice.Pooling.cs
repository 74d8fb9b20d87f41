namespace ResearchFreeze.Autograd;

public sealed partial class GpuDevice
{
    /// <inheritdoc/>
    protected override void MaxPoolCore(in Pool2dShape shape, TensorRange x, TensorRange y, TensorRange? indices) => throw new NotImplementedException();

    /// <inheritdoc/>
    protected override void MaxPoolBackwardCore(in Pool2dShape shape, TensorRange indices, TensorRange dy, TensorRange dx, float beta) => throw new NotImplementedException();

    /// <inheritdoc/>
    protected override void AveragePoolCore(in Pool2dShape shape, TensorRange x, TensorRange y) => throw new NotImplementedException();

    /// <inheritdoc/>
    protected override void AveragePoolBackwardCore(in Pool2dShape shape, TensorRange dy, TensorRange dx, float beta) => throw new NotImplementedException();
}
