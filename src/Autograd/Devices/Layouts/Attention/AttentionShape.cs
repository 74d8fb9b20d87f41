namespace ResearchFreeze.Autograd;

/// <summary>
/// Scaled dot-product attention over heads that lie side by side in a row: sequences of queries, keys and values, each row with a stride of its own, so that the three may be parts of one packed projection. The result's
/// rows are heads · size long.
/// </summary>
/// <param name="Batch">Sequences.</param>
/// <param name="Heads">Heads of each.</param>
/// <param name="Queries">Queries of a sequence.</param>
/// <param name="Keys">Keys and values of a sequence.</param>
/// <param name="Size">Elements of a head's query, key or value: at most <see cref="MostSize"/>.</param>
/// <param name="QueryStride">From one row of queries to the next.</param>
/// <param name="KeyStride">From one row of keys to the next.</param>
/// <param name="ValueStride">From one row of values to the next.</param>
/// <param name="Scale">What scores are multiplied with.</param>
/// <param name="IsCausal">A query sees no key behind its own place; there are as many of both.</param>
/// <param name="MaskBatchStride">From one sequence's additive mask to the next's; 0: all have the same.</param>
/// <param name="MaskHeadStride">From one head's additive mask to the next's; 0: all have the same.</param>
/// <param name="Dropout">Of weights, each drawn at its place (sequence, head, query, key); probability 0: none.</param>
public readonly record struct AttentionShape(
    int Batch, int Heads, int Queries, int Keys, int Size, int QueryStride, int KeyStride, int ValueStride, float Scale, bool IsCausal = false, int MaskBatchStride = 0, int MaskHeadStride = 0, DropoutKey Dropout = default)
{
    /// <summary>The largest head.</summary>
    public const int MostSize = 256;

    /// <summary>Elements of a row of the result.</summary>
    public int Width => checked(Heads * Size);

    /// <summary>Elements of the result.</summary>
    public int Count => checked(Batch * Queries * Width);

    /// <summary>Queries of all sequences and heads.</summary>
    public int Rows => checked(Batch * Heads * Queries);

    /// <summary>Elements of the state: the largest score of each row, then the logarithm of the sum of its weights. Their sum alone would lose the second where a mask has made the first large.</summary>
    public int StateCount => checked(2 * Rows);

    /// <summary>Elements of the keys that are read, and of the values.</summary>
    public int KeyCount => checked(Batch * Keys * Width);

    /// <summary>Elements from the first query to the last.</summary>
    public int QuerySpan => Span(Queries, QueryStride);

    /// <summary>Elements from the first key to the last.</summary>
    public int KeySpan => Span(Keys, KeyStride);

    /// <summary>Elements from the first value to the last.</summary>
    public int ValueSpan => Span(Keys, ValueStride);

    /// <summary>Elements of the additive mask.</summary>
    public int MaskSpan => Batch == 0 || Queries == 0 || Keys == 0 ? 0 : checked(((Batch - 1) * MaskBatchStride) + ((Heads - 1) * MaskHeadStride) + (Queries * Keys));

    /// <summary>Nominal operations of one of its products, over the pairs that a causal mask leaves; padding is not known here.</summary>
    public long ProductFlops => 2L * Batch * Heads * Size * (IsCausal ? (long)Queries * (Queries + 1) / 2 : (long)Queries * Keys);

    /// <summary>How many keys a query sees, of as many as its sequence has.</summary>
    internal int Visible(int query, int keys) => IsCausal ? Math.Min(keys, query + 1) : keys;

    /// <summary>The keys of a sequence, whatever its length says.</summary>
    internal int Within(int length) => Math.Clamp(length, 0, Keys);

    /// <summary>Where the draws of a query's weights begin: rows are rounded up to whole blocks of the generator.</summary>
    internal ulong FirstDraw(int sequence, int head, int query) => Dropout.First + ((((ulong)sequence * (ulong)Heads) + (ulong)head) * (ulong)Queries + (ulong)query) * (((ulong)Keys + 3) & ~3UL);

    private int Span(int rows, int stride) => Batch == 0 || rows == 0 || Heads == 0 ? 0 : checked((((Batch * rows) - 1) * stride) + Width);
}
