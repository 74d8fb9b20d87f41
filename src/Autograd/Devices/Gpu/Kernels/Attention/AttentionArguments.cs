namespace ResearchFreeze.Autograd;

/// <summary>An <see cref="AttentionShape"/> as a kernel argument.</summary>
internal struct AttentionArguments
{
    public int Rows, Heads, Queries, Keys, Size, QueryStride, KeyStride, ValueStride, MaskBatchStride, MaskHeadStride;
    public float Scale, DropoutScale;
    public ulong Stream, Step;
    public uint Threshold;

    /// <summary>1 where it is so.</summary>
    public int IsCausal, HasLengths, HasMask, HasState;

    /// <summary>1 where the gradient is wanted.</summary>
    public int WantsKey, WantsValue;

    public static AttentionArguments Of(in AttentionShape shape, bool hasLengths, bool hasMask) => new()
    {
        Rows = shape.Rows,
        Heads = shape.Heads,
        Queries = shape.Queries,
        Keys = shape.Keys,
        Size = shape.Size,
        QueryStride = shape.QueryStride,
        KeyStride = shape.KeyStride,
        ValueStride = shape.ValueStride,
        MaskBatchStride = shape.MaskBatchStride,
        MaskHeadStride = shape.MaskHeadStride,
        Scale = shape.Scale,
        DropoutScale = shape.Dropout.Scale,
        Stream = shape.Dropout.Stream,
        Step = shape.Dropout.Step,
        Threshold = shape.Dropout.Probability > 0 ? shape.Dropout.Threshold : 0,
        IsCausal = shape.IsCausal ? 1 : 0,
        HasLengths = hasLengths ? 1 : 0,
        HasMask = hasMask ? 1 : 0,
    };
}
