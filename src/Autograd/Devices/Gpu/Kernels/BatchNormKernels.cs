using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>Batch norm: one group a channel for sums, one thread an element for the rest.</summary>
internal static class BatchNormKernels
{
    /// <summary>Summed about the first row, then about the mean, so that a mean far from zero costs no digits.</summary>
    internal static void Moments(ArrayView<float> x, ArrayView<float> mean, ArrayView<float> variance, int rows, int channels)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        int c = Grid.IdxX;
        float origin = x[c], sum = 0f, squares = 0f;
        for (int row = Group.IdxX; row < rows; row += Group.DimX) sum += x[(row * channels) + c] - origin;
        float center = origin + (Cell.GroupSum(shared, sum) / rows);
        for (int row = Group.IdxX; row < rows; row += Group.DimX)
        {
            float distance = x[(row * channels) + c] - center;
            squares += distance * distance;
        }
        squares = Cell.GroupSum(shared, squares);
        if (Group.IdxX != 0) return;
        mean[c] = center;
        variance[c] = squares / rows;
    }

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

    internal static void ScaleGradient(
        ArrayView<float> x, ArrayView<float> mean, ArrayView<float> variance, ArrayView<float> dz, ArrayView<float> dgamma, BatchNormArguments s, float beta)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        int c = Grid.IdxX;
        float center = mean[c], sum = 0f;
        for (int row = Group.IdxX; row < s.Rows; row += Group.DimX) sum += dz[(row * s.Channels) + c] * (x[(row * s.Channels) + c] - center);
        sum = Cell.GroupSum(shared, sum);
        if (Group.IdxX == 0) Cell.Store(dgamma, c, sum / GpuMath.Sqrt(variance[c] + s.Epsilon), beta);
    }

    internal static void InputGradient(
        ArrayView<float> x, ArrayView<float> mean, ArrayView<float> variance, ArrayView<float> gamma, ArrayView<float> dz, ArrayView<float> sums, ArrayView<float> dx, BatchNormArguments s, float beta)
    {
        int i = Grid.GlobalIndex.X;
        if (i >= dx.IntLength) return;
        int c = i % s.Channels;
        float reciprocal = 1f / GpuMath.Sqrt(variance[c] + s.Epsilon), normal = (x[i] - mean[c]) * reciprocal;
        Cell.Store(dx, i, gamma[c] * reciprocal * (dz[i] - (sums[c] / s.Rows) - (normal * sums[s.Channels + c] / s.Rows)), beta);
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
    public int Rows, Channels, HasResidual, Activation;
    public float Epsilon;

    public static BatchNormArguments Of(in BatchNormShape shape) => new() { Rows = shape.Rows, Channels = shape.Channels, Epsilon = shape.Epsilon };
}
