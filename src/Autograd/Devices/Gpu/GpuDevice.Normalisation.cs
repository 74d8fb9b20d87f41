using ILGPU;

namespace ResearchFreeze.Autograd;

public sealed partial class GpuDevice
{
    /// <inheritdoc/>
    protected override void MomentsCore(in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance) =>
        launchers.Moments(stream, new KernelConfig(shape.Channels, GroupFor(shape.Rows)), Reals(x), Reals(mean), Reals(variance), shape.Rows, shape.Channels);

    /// <inheritdoc/>
    protected override void BatchNormCore(
        in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange beta, TensorRange? residual, TensorRange y, Activation activation)
    {
        BatchNormArguments arguments = BatchNormArguments.Of(shape);
        arguments.HasResidual = residual is null ? 0 : 1;
        arguments.Activation = (int)activation;
        launchers.BatchNorm(stream, PerElement(y.Length), Reals(x), Reals(mean), Reals(variance), Reals(gamma), Reals(beta), Reals(residual ?? x), Reals(y), arguments);
    }

    /// <inheritdoc/>
    protected override void BatchNormScaleGradientCore(in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange dz, TensorRange dgamma, float beta) =>
        launchers.BatchNormScaleGradient(
            stream, new KernelConfig(shape.Channels, GroupFor(shape.Rows)), Reals(x), Reals(mean), Reals(variance), Reals(dz), Reals(dgamma), BatchNormArguments.Of(shape), beta);

    /// <inheritdoc/>
    protected override void BatchNormInputGradientCore(
        in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange dz, TensorRange sums, TensorRange dx, float beta) =>
        launchers.BatchNormInputGradient(
            stream, PerElement(dx.Length), Reals(x), Reals(mean), Reals(variance), Reals(gamma), Reals(dz), Reals(sums), Reals(dx), BatchNormArguments.Of(shape), beta);

    /// <inheritdoc/>
    protected override void BatchNormScaleCore(in BatchNormShape shape, TensorRange variance, TensorRange gamma, TensorRange dz, TensorRange dx, float beta) =>
        launchers.BatchNormScale(stream, PerElement(dx.Length), Reals(variance), Reals(gamma), Reals(dz), Reals(dx), BatchNormArguments.Of(shape), beta);

    /// <inheritdoc/>
    protected override void GroupNormCore(in GroupNormShape shape, TensorRange x, TensorRange gamma, TensorRange? bias, TensorRange y, TensorRange? state)
    {
        GroupNormArguments arguments = GroupNormArguments.Of(shape);
        arguments.HasBias = bias is null ? 0 : 1;
        arguments.HasState = state is null ? 0 : 1;
        launchers.GroupNorm(
            stream, new KernelConfig(shape.Batch * shape.Groups, GroupFor(arguments.Size)), Reals(x), Reals(gamma), Reals(bias ?? gamma), Reals(y), Reals(state ?? y), arguments);
    }

    /// <inheritdoc/>
    protected override void GroupNormInputGradientCore(in GroupNormShape shape, TensorRange x, TensorRange state, TensorRange gamma, TensorRange dy, TensorRange dx, float beta)
    {
        GroupNormArguments arguments = GroupNormArguments.Of(shape);
        launchers.GroupNormInputGradient(
            stream, new KernelConfig(shape.Batch * shape.Groups, GroupFor(arguments.Size)), Reals(x), Reals(state), Reals(gamma), Reals(dy), Reals(dx), arguments, beta);
    }

    /// <inheritdoc/>
    protected override void GroupNormScaleGradientCore(in GroupNormShape shape, TensorRange x, TensorRange state, TensorRange dy, TensorRange dgamma, float beta) =>
        launchers.GroupNormScaleGradient(
            stream, new KernelConfig(shape.Channels, GroupFor(shape.Batch * shape.Spatial)), Reals(x), Reals(state), Reals(dy), Reals(dgamma), GroupNormArguments.Of(shape), beta);

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
}
