namespace ResearchFreeze.Autograd;

public sealed partial class GpuDevice
{
    /// <inheritdoc/>
    protected override void MomentsCore(in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance) => throw new NotImplementedException();

    /// <inheritdoc/>
    protected override void BatchNormCore(
        in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange beta, TensorRange? residual, TensorRange y, Activation activation) => throw new NotImplementedException();

    /// <inheritdoc/>
    protected override void BatchNormScaleGradientCore(in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange dz, TensorRange dgamma, float beta) => throw new NotImplementedException();

    /// <inheritdoc/>
    protected override void BatchNormInputGradientCore(
        in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange dz, TensorRange sums, TensorRange dx, float beta) => throw new NotImplementedException();

    /// <inheritdoc/>
    protected override void BatchNormScaleCore(in BatchNormShape shape, TensorRange variance, TensorRange gamma, TensorRange dz, TensorRange dx, float beta) => throw new NotImplementedException();

    /// <inheritdoc/>
    protected override void GroupNormCore(in GroupNormShape shape, TensorRange x, TensorRange gamma, TensorRange? bias, TensorRange y, TensorRange? state) => throw new NotImplementedException();

    /// <inheritdoc/>
    protected override void GroupNormInputGradientCore(in GroupNormShape shape, TensorRange x, TensorRange state, TensorRange gamma, TensorRange dy, TensorRange dx, float beta) => throw new NotImplementedException();

    /// <inheritdoc/>
    protected override void GroupNormScaleGradientCore(in GroupNormShape shape, TensorRange x, TensorRange state, TensorRange dy, TensorRange dgamma, float beta) => throw new NotImplementedException();

    /// <inheritdoc/>
    protected override void LogSoftmaxCore(int rows, int columns, TensorRange x, TensorRange y) => throw new NotImplementedException();

    /// <inheritdoc/>
    protected override void LogSoftmaxBackwardCore(int rows, int columns, TensorRange y, TensorRange dy, TensorRange dx, float beta) => throw new NotImplementedException();
}
