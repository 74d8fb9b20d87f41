namespace ResearchFreeze.Autograd;

public sealed partial class GpuDevice
{
    /// <inheritdoc/>
    protected override void UpdateMomentsCore(in BatchNormShape shape, float momentum, TensorRange mean, TensorRange variance, TensorRange runningMean, TensorRange runningVariance)
    {
        float unbiased = (float)((double)momentum * shape.Rows / (shape.Rows - 1));
        launchers.UpdateMoments(stream, PerElement(shape.Channels), Reals(mean), Reals(variance), Reals(runningMean), Reals(runningVariance), momentum, unbiased);
    }
}
