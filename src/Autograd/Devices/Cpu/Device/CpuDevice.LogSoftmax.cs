using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

// Rows are independent and shared out over threads.
public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    protected override void LogSoftmaxCore(int rows, int columns, TensorRange x, TensorRange y)
    {
        var work = new LogSoftmaxWork { X = Reals(x), Y = Reals(y), Columns = columns };
        CpuParallel.For(threads, ref work, rows, SoftmaxCost * columns);
    }

    /// <inheritdoc/>
    protected override void LogSoftmaxBackwardCore(int rows, int columns, TensorRange y, TensorRange dy, TensorRange dx, float beta)
    {
        var work = new LogSoftmaxBackwardWork { Y = Reals(y), OutputGradient = Reals(dy), InputGradient = Reals(dx), Columns = columns, Beta = beta };
        CpuParallel.For(threads, ref work, rows, SoftmaxCost * columns);
    }

    private struct LogSoftmaxWork : IRangeWork
    {
        public float* X;
        public float* Y;
        public int Columns;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int start, int end)
        {
            int width = Lanes.Count;
            for (int row = start; row < end; row++)
            {
                float* x = X + ((long)row * Columns), y = Y + ((long)row * Columns);
                float max = CpuSums.Max(x, Columns);
                // x − max is exact where it matters; the logarithm of the sum is rounded once.
                Vector<float> shift = new(max), log = new((float)Math.Log(SumOfExponentials(x, max, Columns)));
                for (int i = 0; i < Columns; i += width)
                {
                    int count = Math.Min(width, Columns - i);
                    Lanes.Store(Lanes.Load(x + i, count) - shift - log, y + i, count);
                }
            }
        }
    }

    private struct LogSoftmaxBackwardWork : IRangeWork
    {
        public float* Y;
        public float* OutputGradient;
        public float* InputGradient;
        public int Columns;
        public float Beta;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int start, int end)
        {
            int width = Lanes.Count;
            for (int row = start; row < end; row++)
            {
                float* y = Y + ((long)row * Columns), dy = OutputGradient + ((long)row * Columns), dx = InputGradient + ((long)row * Columns);
                var sum = new Vector<float>((float)CpuSums.Of<PlainTerm>(dy, dy, Columns));
                for (int i = 0; i < Columns; i += width)
                {
                    int count = Math.Min(width, Columns - i);
                    Lanes.Accumulate(Lanes.Load(dy + i, count) - (CpuMath.Exp(Lanes.Load(y + i, count)) * sum), dx + i, count, Beta);
                }
            }
        }
    }
}
