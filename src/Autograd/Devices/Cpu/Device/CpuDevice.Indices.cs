namespace ResearchFreeze.Autograd;

public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    protected override void TopIndicesCore(int rows, int columns, int count, TensorRange x, TensorRange indices)
    {
        if (count == 0) return;
        var work = new TopWork { X = Reals(x), Indices = Integers(indices), Columns = columns, Count = count };
        CpuParallel.For(threads, ref work, rows, (int)Math.Min(int.MaxValue, 2L * columns));
    }

    /// <inheritdoc/>
    protected override void AxisIndicesCore(int extent, int inner, TensorRange x, TensorRange y)
    {
        var work = new AxisIndicesWork { X = Integers(x), Y = Integers(y), Extent = extent, Inner = inner };
        CpuParallel.For(threads, ref work, y.Length, 4);
    }

    /// <inheritdoc/>
    protected override void FlatIndicesCore(int extent, int count, int inner, TensorRange x, TensorRange y)
    {
        var work = new FlatIndicesWork { X = Integers(x), Y = Integers(y), Extent = extent, Count = count, Inner = inner };
        CpuParallel.For(threads, ref work, y.Length, 8);
    }

    /// <summary>A row's best so far in their order; most elements are compared with the last of them alone.</summary>
    private struct TopWork : IRangeWork
    {
        public float* X;
        public int* Indices;
        public int Columns, Count;

        public readonly void Run(int start, int end)
        {
            for (int row = start; row < end; row++)
            {
                int* best = Indices + ((nint)row * Count);
                int found = 0, first = row * Columns;
                for (int at = first; at < first + Columns; at++)
                {
                    if (found == Count && !Extremes.IsLarger(X[at], X[best[Count - 1]])) continue;
                    int place = found < Count ? found++ : Count - 1;
                    for (; place > 0 && Extremes.IsLarger(X[at], X[best[place - 1]]); place--) best[place] = best[place - 1];
                    best[place] = at;
                }
            }
        }
    }

    private struct AxisIndicesWork : IRangeWork
    {
        public int* X, Y;
        public int Extent, Inner;

        public readonly void Run(int start, int end)
        {
            for (int i = start; i < end; i++) Y[i] = X[i] / Inner % Extent;
        }
    }

    private struct FlatIndicesWork : IRangeWork
    {
        public int* X, Y;
        public int Extent, Count, Inner;

        public readonly void Run(int start, int end)
        {
            for (int i = start; i < end; i++) Y[i] = (uint)X[i] < (uint)Extent ? (((i / Inner / Count * Extent) + X[i]) * Inner) + (i % Inner) : -1;
        }
    }
}
