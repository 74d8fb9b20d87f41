namespace ResearchFreeze.Autograd;

// Attention; see CpuAttention.
public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    protected override void AttentionCore(in AttentionShape shape, TensorRange query, TensorRange key, TensorRange value, TensorRange? lengths, TensorRange? mask, TensorRange y, TensorRange? state) =>
        attention.Forward(Job(shape, query, key, value, lengths, mask, y, state));

    /// <inheritdoc/>
    protected override void AttentionBackwardCore(
        in AttentionShape shape, TensorRange query, TensorRange key, TensorRange? value, TensorRange? lengths, TensorRange? mask, TensorRange? y, TensorRange state, TensorRange dy, in AttentionGradients wanted) =>
        attention.Backward(Job(shape, query, key, value, lengths, mask, y, state) with
        {
            OutputGradient = Reals(dy),
            QueryGradient = Reals(wanted.Query),
            KeyGradient = Reals(wanted.Key),
            ValueGradient = Reals(wanted.Value),
            QueryBeta = wanted.QueryBeta,
            KeyBeta = wanted.KeyBeta,
            ValueBeta = wanted.ValueBeta,
        });

    private static AttentionJob Job(in AttentionShape shape, TensorRange query, TensorRange key, TensorRange? value, TensorRange? lengths, TensorRange? mask, TensorRange? y, TensorRange? state) => new()
    {
        Shape = shape,
        Query = Reals(query),
        Key = Reals(key),
        Value = Reals(value),
        Lengths = Integers(lengths),
        Mask = Reals(mask),
        Y = Reals(y),
        State = Reals(state),
    };
}
