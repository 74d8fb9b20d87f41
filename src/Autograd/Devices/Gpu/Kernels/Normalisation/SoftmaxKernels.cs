using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>One group a row.</summary>
internal static class SoftmaxKernels
{
    internal static void Softmax(ArrayView<float> x, ArrayView<float> y, int columns)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        long start = (long)Grid.IdxX * columns;
        float max = RowMax(x, start, columns, shared), sum = 0f;
        for (int i = Group.IdxX; i < columns; i += Group.DimX) sum += GpuMath.Exp(x[start + i] - max);
        sum = Cell.GroupSum(shared, sum);
        for (int i = Group.IdxX; i < columns; i += Group.DimX) y[start + i] = GpuMath.Exp(x[start + i] - max) / sum;
    }

    internal static void SoftmaxBackward(ArrayView<float> y, ArrayView<float> dy, ArrayView<float> dx, int columns, float beta)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        long start = (long)Grid.IdxX * columns;
        float dot = 0f;
        for (int i = Group.IdxX; i < columns; i += Group.DimX) dot += y[start + i] * dy[start + i];
        dot = Cell.GroupSum(shared, dot);
        for (int i = Group.IdxX; i < columns; i += Group.DimX)
        {
            float value = y[start + i] * (dy[start + i] - dot);
            if (beta != 0f) value += beta * dx[start + i];
            dx[start + i] = value;
        }
    }

    /// <summary>The row's largest element; if one is a NaN the sum that follows is one too, whatever this returns.</summary>
    internal static float RowMax(ArrayView<float> x, long start, int columns, ArrayView<float> shared)
    {
        float max = Interop.IntAsFloat(0xFF800000u);       // −∞
        for (int i = Group.IdxX; i < columns; i += Group.DimX)
        {
            float value = x[start + i];
            if (value > max) max = value;
        }
        return Cell.GroupMax(shared, max);
    }
}
