using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>Batch norm: one thread an element but for the sum, which is cut into chunks of rows.</summary>
internal static class BatchNormKernels
{
    internal static void Normalise(
        ArrayView<float> x, ArrayView<float> mean, ArrayView<float> variance, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> residual, ArrayView<float> y, BatchNormArguments s)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= y.IntLength) return;
        int c = i % s.Channels;
        float value = ((x[i] - mean[c]) * (gamma[c] / GpuMath.Sqrt(variance[c] + s.Epsilon))) + beta[c];
        if (s.HasResidual != 0) value += residual[i];
        y[i] = Cell.Activate(value, s.Activation);
    }

    /// <summary>Σ dz·x̂ of each chunk of rows.</summary>
    internal static void ScaleGradient(
        ArrayView<float> x, ArrayView<float> mean, ArrayView<float> variance, ArrayView<float> dz, ArrayView<float> sums, ChannelTiles s, float epsilon, float beta)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        int c = s.Channel, step = s.Step, end = s.End;
        float center = mean[c], sum = 0f;
        for (int row = s.First; row < end; row += step) sum += dz[(row * s.Channels) + c] * (x[(row * s.Channels) + c] - center);
        sum = Cell.LaneSum(shared, sum, s.Width);
        if (s.Stores) Cell.Store(sums, s.Place, sum / GpuMath.Sqrt(variance[c] + epsilon), beta);
    }

    internal static void InputGradient(
        ArrayView<float> x, ArrayView<float> mean, ArrayView<float> variance, ArrayView<float> gamma, ArrayView<float> dz, ArrayView<float> dgamma, ArrayView<float> dbeta, ArrayView<float> dx,
        BatchNormArguments s, float beta)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= dx.IntLength) return;
        int c = i % s.Channels;
        float reciprocal = 1f / GpuMath.Sqrt(variance[c] + s.Epsilon), normal = (x[i] - mean[c]) * reciprocal;
        Cell.Store(dx, i, gamma[c] * reciprocal * (dz[i] - (dbeta[c] / s.Rows) - (normal * dgamma[c] / s.Rows)), beta);
    }

    internal static void Scale(ArrayView<float> variance, ArrayView<float> gamma, ArrayView<float> dz, ArrayView<float> dx, BatchNormArguments s, float beta)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= dx.IntLength) return;
        int c = i % s.Channels;
        Cell.Store(dx, i, dz[i] * (gamma[c] / GpuMath.Sqrt(variance[c] + s.Epsilon)), beta);
    }
}

/// <summary>A <see cref="BatchNormShape"/> as a kernel argument.</summary>
internal struct BatchNormArguments
{
    public int Rows, Channels, HasResidual, Activation, HasRunning;
    public float Epsilon, Momentum, VarianceMomentum;

    public static BatchNormArguments Of(in BatchNormShape shape) => new() { Rows = shape.Rows, Channels = shape.Channels, Epsilon = shape.Epsilon };
}
