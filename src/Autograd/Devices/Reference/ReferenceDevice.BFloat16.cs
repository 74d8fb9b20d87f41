namespace ResearchFreeze.Autograd;

public partial class ReferenceDevice
{
    /// <inheritdoc/>
    protected override void ToBFloat16Core(TensorRange x, TensorRange y)
    {
        Span<double> from = Reals(x);
        Span<ushort> to = BFloat16s(y);
        for (int i = 0; i < to.Length; i++) to[i] = Precisions.ToBFloat16((float)from[i]);
    }

    /// <inheritdoc/>
    protected override void FromBFloat16Core(TensorRange x, TensorRange y)
    {
        Span<ushort> from = BFloat16s(x);
        Span<double> to = Reals(y);
        for (int i = 0; i < to.Length; i++) to[i] = Precisions.FromBFloat16(from[i]);
    }

    private static Span<ushort> BFloat16s(TensorRange range) => ((ReferenceStorage)range.Storage).BFloat16s.AsSpan(range.Offset, range.Length);
}
