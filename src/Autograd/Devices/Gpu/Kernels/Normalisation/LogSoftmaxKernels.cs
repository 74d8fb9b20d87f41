using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>One group a row.</summary>
internal static class LogSoftmaxKernels
{
    internal static void LogSoftmax(ArrayView<float> x, ArrayView<float> y, int columns)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        long start = (long)Grid.IdxX * columns;
        float max = SoftmaxKernels.RowMax(x, start, columns, shared), sum = 0f;
        for (int i = Group.IdxX; i < columns; i += Group.DimX) sum += GpuMath.Exp(x[start + i] - max);
        float log = GpuMath.Log(Cell.GroupSum(shared, sum));
        for (int i = Group.IdxX; i < columns; i += Group.DimX) y[start + i] = x[start + i] - max - log;
    }

    internal static void LogSoftmaxBackward(ArrayView<float> y, ArrayView<float> dy, ArrayView<float> dx, int columns, float beta)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(Cell.GroupSize);
        long start = (long)Grid.IdxX * columns;
        float sum = 0f;
        for (int i = Group.IdxX; i < columns; i += Group.DimX) sum += dy[start + i];
        sum = Cell.GroupSum(shared, sum);
        for (int i = Group.IdxX; i < columns; i += Group.DimX)
        {
            float value = dy[start + i] - (GpuMath.Exp(y[start + i]) * sum);
            if (beta != 0f) value += beta * dx[start + i];
            dx[start + i] = value;
        }
    }
}
