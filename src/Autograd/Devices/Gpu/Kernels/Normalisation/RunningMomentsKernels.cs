using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>One thread a channel.</summary>
internal static class RunningMomentsKernels
{
    internal static void UpdateMoments(
        ArrayView<float> mean, ArrayView<float> variance, ArrayView<float> runningMean, ArrayView<float> runningVariance, float momentum, float unbiased)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= mean.IntLength) return;
        float m = mean[i], v = variance[i];
        if (!GpuMath.IsFinite(m) || !GpuMath.IsFinite(v)) return;
        runningMean[i] = ((1f - momentum) * runningMean[i]) + (momentum * m);
        runningVariance[i] = ((1f - momentum) * runningVariance[i]) + (unbiased * v);
    }
}
