using ILGPU;

namespace ResearchFreeze.Autograd;

public sealed partial class GpuDevice
{
    /// <inheritdoc/>
    protected override void CopyBoxCore(in StridedLayout layout, TensorRange x, TensorRange y, float beta)
    {
        if (layout.Count > 0)
            launchers.CopyBox(stream, PerElement(layout.Count), Reals(x), layout.OffsetX, Reals(y), layout.OffsetY, BroadcastWalk.Of(layout), layout.Count, beta);
    }

    /// <inheritdoc/>
    protected override void PlaceBoxCore(in StridedLayout layout, TensorRange x, TensorRange y, float beta)
    {
        Scale(y, beta);
        CopyBoxCore(layout, x, y, beta == 0 ? 0 : 1);
    }

    /// <inheritdoc/>
    protected override void ReduceMaxCore(in ReduceLayout layout, TensorRange x, TensorRange y, TensorRange? indices)
    {
        if (layout.Outputs == 0) return;
        // Where no indices are wanted the kernel is given a view that it does not touch.
        ArrayView<int> places = indices is { } range ? Integers(range) : Reals(y).Cast<int>();
        launchers.ReduceMax(stream, PerElement(layout.Outputs), Reals(x), Reals(y), places, ReduceWalk.Of(layout), layout.Inputs / layout.Outputs, indices is null ? 0 : 1);
    }

    /// <inheritdoc/>
    protected override void ReduceMaxBackwardCore(in ReduceLayout layout, TensorRange indices, TensorRange dy, TensorRange dx, float beta)
    {
        Scale(dx, beta);
        if (layout.Outputs > 0) launchers.ReduceMaxBackward(stream, PerElement(layout.Outputs), Integers(indices), Reals(dy), Reals(dx));
    }

    /// <inheritdoc/>
    protected override void GatherRowsCore(int columns, TensorRange table, TensorRange ids, TensorRange y)
    {
        if (y.Length > 0) launchers.GatherRows(stream, PerElement(y.Length), Reals(table), Integers(ids), Reals(y), columns, table.Length / columns);
    }

    /// <inheritdoc/>
    protected override void ScatterRowsCore(int columns, TensorRange ids, TensorRange dy, TensorRange dtable, float beta)
    {
        if (ids.Length == 0) Scale(dtable, beta);
        else if (dtable.Length > 0) launchers.ScatterRows(stream, PerElement(dtable.Length), Integers(ids), Reals(dy), Reals(dtable), columns, beta);
    }

    /// <summary>y ← beta·y; zeros, whatever y was, where beta is 0.</summary>
    private void Scale(TensorRange y, float beta)
    {
        if (y.Length == 0 || beta == 1) return;
        if (beta == 0) launchers.Fill(stream, PerElement(y.Length), Reals(y), 0);
        else launchers.AddScaled(stream, PerElement(y.Length), beta, Reals(y), 0, Reals(y));
    }
}
