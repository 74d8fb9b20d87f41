namespace ResearchFreeze.Autograd;

// Boxes of elements, extremes over axes, rows by index.
public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    protected override void CopyBoxCore(in StridedLayout layout, TensorRange x, TensorRange y, float beta)
    {
        if (layout.Count == 0) return;
        int inner = layout.Rank - 1, across = inner >= 0 && layout.StrideX(inner) != 1 ? AxisAlong(layout) : -1, run = inner < 0 ? 1 : layout.Extent(inner);
        Walk from = new(), to = new();
        for (int axis = inner - 1; axis >= 0; axis--)
        {
            if (axis == across) continue;
            from.AddOuter(layout.Extent(axis), layout.StrideX(axis));
            to.AddOuter(layout.Extent(axis), layout.StrideY(axis));
        }
        var work = new BoxWork
        {
            X = Reals(x) + layout.OffsetX,
            Y = Reals(y) + layout.OffsetY,
            From = from,
            To = to,
            Length = run,
            StrideX = inner < 0 ? 1 : layout.StrideX(inner),
            StrideY = inner < 0 ? 1 : layout.StrideY(inner),
            Beta = beta,
        };
        if (across >= 0)
        {
            var tiles = new TransposeWork { Box = work, Lines = layout.Extent(across), StrideY = layout.StrideY(across) };
            CpuParallel.For(threads, ref tiles, from.Count * tiles.Strips, (int)Math.Min(int.MaxValue, 4L * TransposeWork.Side * run));
            return;
        }
        CpuParallel.For(threads, ref work, from.Count * work.Pieces, 2 * Math.Min(run, BoxWork.Piece));
    }

    /// <inheritdoc/>
    protected override void PlaceBoxCore(in StridedLayout layout, TensorRange x, TensorRange y, float beta)
    {
        var rest = new ConstantWork { Y = Reals(y), Beta = beta };
        CpuParallel.For(threads, ref rest, y.Length, 1);
        CopyBoxCore(layout, x, y, beta == 0 ? 0 : 1);
    }

    /// <inheritdoc/>
    protected override void ReduceMaxCore(in ReduceLayout layout, TensorRange x, TensorRange y, TensorRange? indices)
    {
        int inner = layout.Rank - 1, stride = 1, run = inner < 0 ? 1 : layout.Extent(inner);
        bool innerIsKept = inner >= 0 && layout.IsKept(inner);
        Walk kept = new(), summed = new();
        for (int axis = inner; axis >= 0; axis--)
        {
            if (axis != inner && layout.IsKept(axis)) kept.AddOuter(layout.Extent(axis), stride);
            else if (axis != inner) summed.AddOuter(layout.Extent(axis), stride);
            stride *= layout.Extent(axis);
        }
        if (layout.Outputs == 0) return;
        int* places = indices is { } range ? Integers(range) : null;
        if (innerIsKept)
        {
            var columns = new MaxOfColumnsWork { X = Reals(x), Y = Reals(y), Indices = places, Kept = kept, Summed = summed, Columns = run };
            CpuParallel.For(threads, ref columns, kept.Count * columns.Strips, (int)Math.Min(int.MaxValue, 2L * summed.Count * Lanes.Count));
        }
        else
        {
            var runs = new MaxOfRunsWork { X = Reals(x), Y = Reals(y), Indices = places, Kept = kept, Summed = summed, Length = run };
            CpuParallel.For(threads, ref runs, kept.Count, (int)Math.Min(int.MaxValue, 2L * summed.Count * run));
        }
    }

    /// <inheritdoc/>
    protected override void ReduceMaxBackwardCore(in ReduceLayout layout, TensorRange indices, TensorRange dy, TensorRange dx, float beta)
    {
        var rest = new ConstantWork { Y = Reals(dx), Beta = beta };
        CpuParallel.For(threads, ref rest, dx.Length, 1);
        var work = new MaxBackwardWork { Indices = Integers(indices), OutputGradient = Reals(dy), InputGradient = Reals(dx) };
        CpuParallel.For(threads, ref work, dy.Length, 4);
    }

    /// <inheritdoc/>
    protected override void GatherRowsCore(int columns, TensorRange table, TensorRange ids, TensorRange y)
    {
        var work = new GatherWork { Table = Reals(table), Rows = columns == 0 ? 0 : table.Length / columns, Ids = Integers(ids), Y = Reals(y), Columns = columns };
        CpuParallel.For(threads, ref work, ids.Length, columns);
    }

    /// <inheritdoc/>
    protected override void ScatterRowsCore(int columns, TensorRange ids, TensorRange dy, TensorRange dtable, float beta)
    {
        if (columns == 0) return;
        int rows = dtable.Length / columns;
        // Each part owns rows of the table and looks through all ids: rows are added in the order of the ids, whatever the number of threads.
        var work = new ScatterWork { Ids = Integers(ids), Count = ids.Length, OutputGradient = Reals(dy), Table = Reals(dtable), Columns = columns, Beta = beta };
        CpuParallel.For(threads, ref work, rows, (int)Math.Clamp((beta == 1 ? 0 : columns) + (2L * ids.Length * columns / Math.Max(rows, 1)), 1, int.MaxValue));
    }

    /// <summary>The axis that is walked along x's elements, other than the innermost; −1 where there is none.</summary>
    private static int AxisAlong(in StridedLayout layout)
    {
        for (int axis = layout.Rank - 2; axis >= 0; axis--)
        {
            if (layout.StrideX(axis) == 1) return axis;
        }
        return -1;
    }

    /// <summary>y ← beta·y.</summary>
    private struct ConstantWork : IRangeWork
    {
        public float* Y;
        public float Beta;

        public readonly void Run(int start, int end)
        {
            if (Beta != 1) AddConstant(0, Beta, Y + start, end - start);
        }
    }

    /// <summary>Every output has an input of its own.</summary>
    private struct MaxBackwardWork : IRangeWork
    {
        public int* Indices;
        public float* OutputGradient;
        public float* InputGradient;

        public readonly void Run(int start, int end)
        {
            for (int i = start; i < end; i++) InputGradient[Indices[i]] += OutputGradient[i];
        }
    }

    private struct GatherWork : IRangeWork
    {
        public float* Table;
        public int Rows;
        public int* Ids;
        public float* Y;
        public int Columns;

        public readonly void Run(int start, int end)
        {
            for (int i = start; i < end; i++)
            {
                var to = new Span<float>(Y + ((nint)i * Columns), Columns);
                if ((uint)Ids[i] < (uint)Rows) new Span<float>(Table + ((nint)Ids[i] * Columns), Columns).CopyTo(to);
                else to.Fill(float.NaN);
            }
        }
    }

    private struct ScatterWork : IRangeWork
    {
        public int* Ids;
        public int Count;
        public float* OutputGradient;
        public float* Table;
        public int Columns;
        public float Beta;

        public readonly void Run(int start, int end)
        {
            if (Beta != 1) AddConstant(0, Beta, Table + ((nint)start * Columns), (end - start) * Columns);
            for (int i = 0; i < Count; i++)
            {
                int row = Ids[i];
                if (row >= start && row < end) AddScaled(1, OutputGradient + ((nint)i * Columns), 1, Table + ((nint)row * Columns), Columns);
            }
        }
    }
}
