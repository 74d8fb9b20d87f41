namespace ResearchFreeze.Autograd;

// Attention. Scores are never all in memory: what a row's weights follow from is kept, and they are computed again for the gradients (Dao et al. 2022, "FlashAttention", who also give the gradients).
public abstract partial class Device
{
    /// <summary>
    /// y ← softmax(scale · Q·Kᵀ + mask)·V for each sequence and head; a query that sees no key gets zeros. state ← each row's largest score, +∞ where it sees no key, and log Σ exp(score − largest).
    /// </summary>
    /// <param name="shape">Extents, strides and masks.</param>
    /// <param name="query">The queries' rows.</param>
    /// <param name="key">The keys' rows.</param>
    /// <param name="value">The values' rows.</param>
    /// <param name="lengths">Keys of each sequence that count, or null: all. What lies behind them is not read.</param>
    /// <param name="mask">Added to the scores, queries · keys for each sequence and head by their strides, or null.</param>
    /// <param name="y">(sequences, queries, heads · size).</param>
    /// <param name="state">(2, sequences, heads, queries), or null.</param>
    public void Attention(in AttentionShape shape, TensorRange query, TensorRange key, TensorRange value, TensorRange? lengths, TensorRange? mask, TensorRange y, TensorRange? state)
    {
        using HeldCall call = Begin(
            Primitive.Attention,
            [
                new(query, shape.QuerySpan, shape.Count), new(key, shape.KeySpan, shape.KeyCount), new(value, shape.ValueSpan, shape.KeyCount), new(lengths, shape.Batch), new(mask, shape.MaskSpan),
                new(y, shape.Count), new(state, shape.StateCount),
            ],
            flops: 2 * shape.ProductFlops);
        AttentionCore(shape, query, key, value, lengths, mask, y, state);
    }

    /// <summary>
    /// The wanted gradients: dV = Pᵀ·dY, dQ = scale·dS·K, dK = scale·dSᵀ·Q with dS = P∘(dY·Vᵀ − Σ dY∘Y). The values' alone reads neither values nor y.
    /// </summary>
    public void AttentionBackward(
        in AttentionShape shape, TensorRange query, TensorRange key, TensorRange? value, TensorRange? lengths, TensorRange? mask, TensorRange? y, TensorRange state, TensorRange dy, in AttentionGradients wanted)
    {
        if (wanted.NeedsScores && (value is null || y is null)) throw new ArgumentException("AttentionBackward: the gradients of queries and keys read the values and y.");
        using HeldCall call = Begin(
            Primitive.AttentionBackward,
            [
                new(query, shape.QuerySpan, shape.Count), new(key, shape.KeySpan, shape.KeyCount), new(value.GetValueOrDefault(), shape.ValueSpan, value is null ? 0 : shape.KeyCount), new(lengths, shape.Batch),
                new(mask, shape.MaskSpan), new(y, shape.Count), new(state, shape.StateCount), new(dy, shape.Count), new(wanted.Query.GetValueOrDefault(), shape.QuerySpan, Touched(wanted.Query, shape.Count, wanted.QueryBeta)),
                new(wanted.Key.GetValueOrDefault(), shape.KeySpan, Touched(wanted.Key, shape.KeyCount, wanted.KeyBeta)), new(wanted.Value.GetValueOrDefault(), shape.ValueSpan, Touched(wanted.Value, shape.KeyCount, wanted.ValueBeta)),
            ],
            flops: wanted.Products * shape.ProductFlops);
        AttentionBackwardCore(shape, query, key, value, lengths, mask, y, state, dy, wanted);

        // Each has its own beta: read and written where it is not 0.
        static long Touched(TensorRange? range, long count, float beta) => range is null ? 0 : beta == 0 ? count : 2 * count;
    }

    /// <summary>See <see cref="Attention"/>.</summary>
    protected abstract void AttentionCore(in AttentionShape shape, TensorRange query, TensorRange key, TensorRange value, TensorRange? lengths, TensorRange? mask, TensorRange y, TensorRange? state);

    /// <summary>See <see cref="AttentionBackward"/>.</summary>
    protected abstract void AttentionBackwardCore(
        in AttentionShape shape, TensorRange query, TensorRange key, TensorRange? value, TensorRange? lengths, TensorRange? mask, TensorRange? y, TensorRange state, TensorRange dy, in AttentionGradients wanted);
}
