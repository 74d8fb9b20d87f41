using ILGPU;

namespace ResearchFreeze.Autograd;

public sealed partial class GpuDevice
{
    /// <inheritdoc/>
    protected override void ToBFloat16Core(TensorRange x, TensorRange y)
    {
        if (y.Length > 0) launchers.ToBFloat16(stream, PerElement(y.Length), Reals(x), BFloat16s(y));
    }

    /// <inheritdoc/>
    protected override void FromBFloat16Core(TensorRange x, TensorRange y)
    {
        if (y.Length > 0) launchers.FromBFloat16(stream, PerElement(y.Length), BFloat16s(x), Reals(y));
    }

    private ArrayView<ushort> BFloat16s(TensorRange range)
    {
        accelerator.Bind();
        return ((GpuStorage)range.Storage).BFloat16s.SubView(range.Offset, range.Length);
    }
}
