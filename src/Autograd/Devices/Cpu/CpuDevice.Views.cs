namespace ResearchFreeze.Autograd;

public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    protected override void CopyBoxCore(in StridedLayout layout, TensorRange x, TensorRange y, float beta) => throw new NotImplementedException();

    /// <inheritdoc/>
    protected override void PlaceBoxCore(in StridedLayout layout, TensorRange x, TensorRange y, float beta) => throw new NotImplementedException();

    /// <inheritdoc/>
    protected override void ReduceMaxCore(in ReduceLayout layout, TensorRange x, TensorRange y, TensorRange? indices) => throw new NotImplementedException();

    /// <inheritdoc/>
    protected override void ReduceMaxBackwardCore(in ReduceLayout layout, TensorRange indices, TensorRange dy, TensorRange dx, float beta) => throw new NotImplementedException();

    /// <inheritdoc/>
    protected override void GatherRowsCore(int columns, TensorRange table, TensorRange ids, TensorRange y) => throw new NotImplementedException();

    /// <inheritdoc/>
    protected override void ScatterRowsCore(int columns, TensorRange ids, TensorRange dy, TensorRange dtable, float beta) => throw new NotImplementedException();
}
