namespace ResearchFreeze.Autograd;

// A few numbers a channel: not worth a vector.
public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    protected override void UpdateMomentsCore(in BatchNormShape shape, float momentum, double varianceMomentum, TensorRange mean, TensorRange variance, TensorRange runningMean, TensorRange runningVariance)
    {
        float* means = Reals(mean), variances = Reals(variance), toMean = Reals(runningMean), toVariance = Reals(runningVariance);
        float forVariance = (float)varianceMomentum;
        for (int c = 0; c < shape.Channels; c++)
        {
            if (!float.IsFinite(means[c]) || !float.IsFinite(variances[c])) continue;
            toMean[c] = ((1 - momentum) * toMean[c]) + (momentum * means[c]);
            toVariance[c] = ((1 - momentum) * toVariance[c]) + (forVariance * variances[c]);
        }
    }
}
