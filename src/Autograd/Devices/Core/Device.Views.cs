namespace ResearchFreeze.Autograd;

// Primitives that move elements: boxes of elements, extremes over axes, rows by index.
public abstract partial class Device
{
    /// <summary>y[p] ← x[q] + beta·y[p] for each element of the box; nothing else of y is touched.</summary>
    public void CopyBox(in StridedLayout layout, TensorRange x, TensorRange y, float beta = 0)
    {
        RequireBox(Primitive.CopyBox, layout, x, y);
        using HeldCall call = Begin(Primitive.CopyBox, [new(x, x.Length, layout.Count), new(y, y.Length, layout.Count)], beta);
        CopyBoxCore(layout, x, y, beta);
    }

    /// <summary>y ← (x's elements at the box's places, zero elsewhere) + beta·y: writes all of y, in one pass. No place may be named twice.</summary>
    public void PlaceBox(in StridedLayout layout, TensorRange x, TensorRange y, float beta = 0)
    {
        RequireBox(Primitive.PlaceBox, layout, x, y);
        using HeldCall call = Begin(Primitive.PlaceBox, [new(x, x.Length, layout.Count), new(y, y.Length)], beta);
        PlaceBoxCore(layout, x, y, beta);
    }

    /// <summary>y ← the largest element over the summed axes, and indices, if given, where in x it is. The first of equals counts; a NaN is larger than any number.</summary>
    public void ReduceMax(in ReduceLayout layout, TensorRange x, TensorRange y, TensorRange? indices)
    {
        if (layout.Inputs == 0 && layout.Outputs > 0) throw new ArgumentException("ReduceMax: there is no largest of no elements.");
        using HeldCall call = Begin(Primitive.ReduceMax, [new(x, layout.Inputs), new(y, layout.Outputs), new(indices, layout.Outputs)]);
        ReduceMaxCore(layout, x, y, indices);
    }

    /// <summary>dx[j] ← (dy of the output that found its maximum at j, else zero) + beta·dx[j].</summary>
    public void ReduceMaxBackward(in ReduceLayout layout, TensorRange indices, TensorRange dy, TensorRange dx, float beta = 0)
    {
        using HeldCall call = Begin(Primitive.ReduceMaxBackward, [new(indices, layout.Outputs), new(dy, layout.Outputs), new(dx, layout.Inputs)], beta);
        ReduceMaxBackwardCore(layout, indices, dy, dx, beta);
    }

    /// <summary>Row i of y ← row ids[i] of the table; an id outside the table makes the row NaN on every device.</summary>
    /// <param name="columns">Elements of a row.</param>
    /// <param name="table">The rows.</param>
    /// <param name="ids">Which to take.</param>
    /// <param name="y">ids times columns elements.</param>
    public void GatherRows(int columns, TensorRange table, TensorRange ids, TensorRange y)
    {
        long count = (long)ids.Length * columns;
        using HeldCall call = Begin(Primitive.GatherRows, [new(table, table.Length, count), new(ids, ids.Length), new(y, count)]);
        GatherRowsCore(columns, table, ids, y);
    }

    /// <summary>Row r of dtable ← Σ of the rows of dy whose id is r, in their order, + beta·row: the adjoint of <see cref="GatherRows"/>. With beta = 1 only rows that were used are touched; ids outside count nothing.</summary>
    public void ScatterRows(int columns, TensorRange ids, TensorRange dy, TensorRange dtable, float beta = 0)
    {
        // With beta = 1 only rows that were used are read and written.
        using HeldCall call = Begin(Primitive.ScatterRows, [new(ids, ids.Length), new(dy, (long)ids.Length * columns), new(dtable, dtable.Length, beta == 1 ? dy.Length : dtable.Length)], beta);
        ScatterRowsCore(columns, ids, dy, dtable, beta);
    }

    /// <summary>See <see cref="CopyBox"/>.</summary>
    protected abstract void CopyBoxCore(in StridedLayout layout, TensorRange x, TensorRange y, float beta);

    /// <summary>See <see cref="PlaceBox"/>.</summary>
    protected abstract void PlaceBoxCore(in StridedLayout layout, TensorRange x, TensorRange y, float beta);

    /// <summary>See <see cref="ReduceMax"/>.</summary>
    protected abstract void ReduceMaxCore(in ReduceLayout layout, TensorRange x, TensorRange y, TensorRange? indices);

    /// <summary>See <see cref="ReduceMaxBackward"/>.</summary>
    protected abstract void ReduceMaxBackwardCore(in ReduceLayout layout, TensorRange indices, TensorRange dy, TensorRange dx, float beta);

    /// <summary>See <see cref="GatherRows"/>.</summary>
    protected abstract void GatherRowsCore(int columns, TensorRange table, TensorRange ids, TensorRange y);

    /// <summary>See <see cref="ScatterRows"/>.</summary>
    protected abstract void ScatterRowsCore(int columns, TensorRange ids, TensorRange dy, TensorRange dtable, float beta);

    private static void RequireBox(Primitive primitive, in StridedLayout layout, TensorRange x, TensorRange y)
    {
        if (!layout.FitsIn(x.Length, y.Length)) throw new ArgumentException($"{primitive}: the box of {layout.Count} elements leaves its ranges of {x.Length} and {y.Length} elements.");
    }
}
