namespace ResearchFreeze.Autograd;

// Primitives that move elements: boxes of elements, extremes over axes, rows by index.
public abstract partial class Device
{
    /// <summary>y[p] ← x[q] + beta·y[p] for each element of the box; nothing else of y is touched.</summary>
    public void CopyBox(in StridedLayout layout, TensorRange x, TensorRange y, float beta = 0)
    {
        Read(Primitive.CopyBox, ElementKind.Real, x, x.Length);
        CheckBox(Primitive.CopyBox, layout, x, y);
        Written(Primitive.CopyBox, ElementKind.Real, y, y.Length);
        Counters.Count(Primitive.CopyBox, 0, (long)layout.Count * RealSize * (beta == 0 ? 2 : 3));
        CopyBoxCore(layout, x, y, beta);
    }

    /// <summary>y ← (x's elements at the box's places, zero elsewhere) + beta·y: writes all of y, in one pass. No place may be named twice.</summary>
    public void PlaceBox(in StridedLayout layout, TensorRange x, TensorRange y, float beta = 0)
    {
        Read(Primitive.PlaceBox, ElementKind.Real, x, x.Length);
        CheckBox(Primitive.PlaceBox, layout, x, y);
        Written(Primitive.PlaceBox, ElementKind.Real, y, y.Length);
        Counters.Count(Primitive.PlaceBox, 0, ((long)layout.Count * RealSize) + Stores(y, beta));
        PlaceBoxCore(layout, x, y, beta);
    }

    /// <summary>y ← the largest element over the summed axes, and indices, if given, where in x it is. The first of equals counts; a NaN is larger than any number.</summary>
    public void ReduceMax(in ReduceLayout layout, TensorRange x, TensorRange y, TensorRange? indices)
    {
        Read(Primitive.ReduceMax, ElementKind.Real, x, layout.Inputs);
        Written(Primitive.ReduceMax, ElementKind.Real, y, layout.Outputs);
        if (layout.Inputs == 0 && layout.Outputs > 0) throw new ArgumentException("ReduceMax: there is no largest of no elements.");
        if (indices is { } i) Written(Primitive.ReduceMax, ElementKind.Int32, i, layout.Outputs);
        Counters.Count(Primitive.ReduceMax, 0, Bytes(x) + Bytes(y) + (indices is { } range ? Bytes(range) : 0));
        ReduceMaxCore(layout, x, y, indices);
    }

    /// <summary>dx[j] ← (dy of the output that found its maximum at j, else zero) + beta·dx[j].</summary>
    public void ReduceMaxBackward(in ReduceLayout layout, TensorRange indices, TensorRange dy, TensorRange dx, float beta = 0)
    {
        Read(Primitive.ReduceMaxBackward, ElementKind.Int32, indices, layout.Outputs);
        Read(Primitive.ReduceMaxBackward, ElementKind.Real, dy, layout.Outputs);
        Written(Primitive.ReduceMaxBackward, ElementKind.Real, dx, layout.Inputs);
        Counters.Count(Primitive.ReduceMaxBackward, 0, Bytes(indices) + Bytes(dy) + Stores(dx, beta));
        ReduceMaxBackwardCore(layout, indices, dy, dx, beta);
    }

    /// <summary>Row i of y ← row ids[i] of the table; an id outside the table makes the row NaN on every device.</summary>
    /// <param name="columns">Elements of a row.</param>
    /// <param name="table">The rows.</param>
    /// <param name="ids">Which to take.</param>
    /// <param name="y">ids times columns elements.</param>
    public void GatherRows(int columns, TensorRange table, TensorRange ids, TensorRange y)
    {
        Read(Primitive.GatherRows, ElementKind.Real, table, table.Length);
        Read(Primitive.GatherRows, ElementKind.Int32, ids, ids.Length);
        Written(Primitive.GatherRows, ElementKind.Real, y, ids.Length * columns);
        Counters.Count(Primitive.GatherRows, 0, Bytes(ids) + (2 * Bytes(y)));
        GatherRowsCore(columns, table, ids, y);
    }

    /// <summary>Row r of dtable ← Σ of the rows of dy whose id is r, in their order, + beta·row: the adjoint of <see cref="GatherRows"/>. With beta = 1 only rows that were used are touched; ids outside count nothing.</summary>
    public void ScatterRows(int columns, TensorRange ids, TensorRange dy, TensorRange dtable, float beta = 0)
    {
        Read(Primitive.ScatterRows, ElementKind.Int32, ids, ids.Length);
        Read(Primitive.ScatterRows, ElementKind.Real, dy, ids.Length * columns);
        Written(Primitive.ScatterRows, ElementKind.Real, dtable, dtable.Length);
        Counters.Count(Primitive.ScatterRows, 0, Bytes(ids) + (beta == 1 ? 3 * Bytes(dy) : Bytes(dy) + Stores(dtable, beta)));
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

    private static void CheckBox(Primitive primitive, in StridedLayout layout, TensorRange x, TensorRange y)
    {
        if (!layout.FitsIn(x.Length, y.Length)) throw new ArgumentException($"{primitive}: the box of {layout.Count} elements leaves its ranges of {x.Length} and {y.Length} elements.");
    }
}
