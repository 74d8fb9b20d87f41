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
        var walk = ReduceWalk.Of(layout);
        int count = layout.Inputs / layout.Outputs, hasIndices = indices is null ? 0 : 1;
        bool byGroup = count >= 32 && (walk.SummedStride0 == 1 || layout.Outputs < Cell.GroupSize);
        if (byGroup) launchers.ReduceMaxByGroup(stream, new KernelConfig(layout.Outputs, GroupFor(count)), Reals(x), Reals(y), places, walk, count, hasIndices);
        else launchers.ReduceMaxByThread(stream, PerElement(layout.Outputs), Reals(x), Reals(y), places, walk, count, hasIndices);
    }

    /// <inheritdoc/>
    protected override void ReduceMaxBackwardCore(in ReduceLayout layout, TensorRange indices, TensorRange dy, TensorRange dx, float beta)
    {
        if (dx.Length > 0) launchers.ReduceMaxBackward(stream, PerElement(dx.Length), Integers(indices), Reals(dy), Reals(dx), BroadcastWalk.Of(layout), beta);
    }

    /// <inheritdoc/>
    protected override void GatherRowsCore(int columns, TensorRange table, TensorRange ids, TensorRange y)
    {
        if (y.Length > 0) launchers.GatherRows(stream, PerElement(y.Length), Reals(table), Integers(ids), Reals(y), columns, table.Length / columns);
    }

    /// <inheritdoc/>
    protected override void ScatterRowsCore(int columns, TensorRange ids, TensorRange dy, TensorRange dtable, float beta)
    {
        Scale(dtable, beta);
        if (dy.Length == 0 || dtable.Length == 0) return;
        ArrayView<int> links = Scratch(2L * ids.Length).Cast<int>(), next = links.SubView(0, ids.Length), isFirst = links.SubView(ids.Length, ids.Length);
        launchers.LinkRows(stream, PerElement(ids.Length), Integers(ids), next, isFirst, dtable.Length / columns);
        launchers.ScatterRows(stream, PerElement(dy.Length), Integers(ids), next, isFirst, Reals(dy), Reals(dtable), columns);
    }

    /// <inheritdoc/>
    protected override void TopIndicesCore(int rows, int columns, int count, TensorRange x, TensorRange indices)
    {
        if (indices.Length > 0) launchers.TopIndices(stream, PerElement(rows), Reals(x), Integers(indices), rows, columns, count);
    }

    /// <inheritdoc/>
    protected override void AxisIndicesCore(int extent, int inner, TensorRange x, TensorRange y)
    {
        if (y.Length > 0) launchers.AxisIndices(stream, PerElement(y.Length), Integers(x), Integers(y), extent, inner);
    }

    /// <inheritdoc/>
    protected override void FlatIndicesCore(int extent, int count, int inner, TensorRange x, TensorRange y)
    {
        if (y.Length > 0) launchers.FlatIndices(stream, PerElement(y.Length), Integers(x), Integers(y), extent, count, inner);
    }

    /// <summary>y ← beta·y; zeros, whatever y was, where beta is 0.</summary>
    private void Scale(TensorRange y, float beta)
    {
        if (y.Length == 0 || beta == 1) return;
        if (beta == 0) launchers.Fill(stream, PerElement(y.Length), Reals(y), 0);
        else launchers.AddScaled(stream, PerElement(y.Length), beta, Reals(y), 0, Reals(y));
    }
}
