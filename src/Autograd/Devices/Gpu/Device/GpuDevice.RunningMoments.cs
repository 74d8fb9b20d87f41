namespace ResearchFreeze.Autograd;

public sealed partial class GpuDevice
{
    /// <inheritdoc/>
    protected override void UpdateMomentsCore(in BatchNormShape shape, float momentum, double varianceMomentum, TensorRange mean, TensorRange variance, TensorRange runningMean, TensorRange runningVariance)
    {
        launchers.UpdateMoments(stream, PerElement(shape.Channels), Reals(mean), Reals(variance), Reals(runningMean), Reals(runningVariance), momentum, (float)varianceMomentum);
    }
}
