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

    /// <summary>indices ← where in x each row's <paramref name="count"/> largest elements are, the largest first. The first of equals comes first; a NaN is larger than any number.</summary>
    /// <param name="rows">Rows of x.</param>
    /// <param name="columns">Elements of a row.</param>
    /// <param name="count">How many of a row, at most all.</param>
    /// <param name="x">rows times columns elements.</param>
    /// <param name="indices">rows times count places in x.</param>
    public void TopIndices(int rows, int columns, int count, TensorRange x, TensorRange indices)
    {
        if (count < 0 || count > columns) throw new ArgumentOutOfRangeException(nameof(count), $"TopIndices: {count} of {columns} elements.");
        using HeldCall call = Begin(Primitive.TopIndices, [new(x, (long)rows * columns), new(indices, (long)rows * count)]);
        TopIndicesCore(rows, columns, count, x, indices);
    }

    /// <summary>y ← (x / inner) mod extent: of places in a tensor those along an axis, which has this extent and so many elements within each of its places.</summary>
    public void AxisIndices(int extent, int inner, TensorRange x, TensorRange y)
    {
        if (extent < 1 || inner < 1) throw new ArgumentOutOfRangeException(nameof(extent), $"AxisIndices: extent and inner must be at least 1, found {extent} and {inner}.");
        using HeldCall call = Begin(Primitive.AxisIndices, [new(x, x.Length), new(y, x.Length)]);
        AxisIndicesCore(extent, inner, x, y);
    }

    /// <summary>
    /// y[o, j, i] ← (o·extent + x[o, j, i])·inner + i: of places along an axis those in a tensor of outer · extent · inner elements; −1 for a place that the axis does not have.
    /// </summary>
    /// <param name="extent">The axis's in that tensor.</param>
    /// <param name="count">The axis's in x and y.</param>
    /// <param name="inner">Elements within a place of the axis.</param>
    /// <param name="x">Places along the axis: outer · count · inner.</param>
    /// <param name="y">Places in the tensor.</param>
    public void FlatIndices(int extent, int count, int inner, TensorRange x, TensorRange y)
    {
        if (extent < 0 || count < 1 || inner < 1) throw new ArgumentOutOfRangeException(nameof(extent), $"FlatIndices: extent must be at least 0, count and inner at least 1, found {extent}, {count} and {inner}.");
        using HeldCall call = Begin(Primitive.FlatIndices, [new(x, x.Length), new(y, x.Length)]);
        FlatIndicesCore(extent, count, inner, x, y);
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

    /// <summary>See <see cref="TopIndices"/>.</summary>
    protected abstract void TopIndicesCore(int rows, int columns, int count, TensorRange x, TensorRange indices);

    /// <summary>See <see cref="AxisIndices"/>.</summary>
    protected abstract void AxisIndicesCore(int extent, int inner, TensorRange x, TensorRange y);

    /// <summary>See <see cref="FlatIndices"/>.</summary>
    protected abstract void FlatIndicesCore(int extent, int count, int inner, TensorRange x, TensorRange y);
}
