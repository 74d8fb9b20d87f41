namespace ResearchFreeze.Autograd;

/// <summary>
/// Scaled dot-product attention over heads (Vaswani et al. 2017), y = softmax(scale · Q·Kᵀ + mask)·V for each sequence and head, the heads read where they lie in the rows. Inputs are queries, keys and values, or one packed
/// projection of all three; then, where there are some, an additive mask and the keys' lengths, both constants. A row's largest score and the logarithm of its sum are kept, never its weights. The values' gradient alone keeps neither values nor y, and computes no
/// gradient of scores.
/// </summary>
/// <param name="heads">Heads of a row.</param>
/// <param name="isPacked">Queries, keys and values are thirds of each row of the first input.</param>
/// <param name="hasMask">An additive mask follows them.</param>
/// <param name="hasLengths">Lengths come last.</param>
/// <param name="options">Scale, causal mask, dropout.</param>
public sealed class AttentionFunction(int heads, bool isPacked, bool hasMask, bool hasLengths, AttentionOptions options) : Function
{
    private const int Query = 0, Key = 1, Value = 2, Mask = 3, Lengths = 4, Y = 5, State = 6;

    /// <inheritdoc/>
    public override string Name => "attention";

    private int Operands => isPacked ? 1 : 3;

    // Of the packed projection there is one gradient.
    private InputSet AllUse => isPacked ? InputSet.Of(0) : InputSet.Of(Query, Key, Value);

    private InputSet ScoresUse => isPacked ? InputSet.Of(0) : InputSet.Of(Query, Key);

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        TensorBase? mask = hasMask ? inputs[Operands] : null, lengths = hasLengths ? inputs[^1] : null;
        AttentionShape shape = ShapeOf(inputs[0].Shape, isPacked ? inputs[0].Shape : inputs[Key].Shape, isPacked ? inputs[0].Shape : inputs[Value].Shape);
        if (mask is not null)
        {
            ConstantInput.Require(Name, "the mask", mask);
            shape = WithMask(shape, mask.Shape);
        }
        if (lengths is not null)
        {
            if (lengths.Shape != new Shape(shape.Batch)) throw new ShapeException($"{Name}: {shape.Batch} sequences need as many lengths, found {lengths.Shape}.");
            (lengths as IntTensor)?.CheckBelow(shape.Keys + 1, Name, "length");
        }
        Tensor y = context.Result([shape.Batch, shape.Queries, shape.Width]);
        (TensorRange query, TensorRange key, TensorRange value) = Parts(inputs[0].Range, isPacked ? default : inputs[Key].Range, isPacked ? default : inputs[Value].Range, shape);
        context.Device.Attention(shape, query, key, value, lengths?.Range, mask?.Range, y.Range, context.TryReserve(State, [shape.StateCount], AllUse));
        context.Save(Query, inputs[0], AllUse);
        if (!isPacked)
        {
            context.Save(Key, inputs[Key], AllUse);
            context.Save(Value, inputs[Value], ScoresUse);
        }
        if (mask is not null) context.Save(Mask, mask, AllUse);
        if (lengths is not null) context.Save(Lengths, lengths, AllUse);
        context.Save(Y, y, ScoresUse);
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        AttentionShape shape = ShapeOf(context);
        TensorRange to = dx.Open(out float beta);
        AttentionGradients wanted;
        if (isPacked)
        {
            (TensorRange query, TensorRange key, TensorRange value) = Parts(to, default, default, shape);
            wanted = new AttentionGradients(query, key, value, beta, beta, beta);
        }
        else wanted = new AttentionGradients(input == Query ? to : null, input == Key ? to : null, input == Value ? to : null, beta, beta, beta);
        Gradients(context, shape, dy, wanted);
    }

    /// <inheritdoc/>
    public override void BackwardMany(InputSet wanted, BackwardContext context, Tensor dy)
    {
        if (isPacked || wanted.Count < 2)
        {
            base.BackwardMany(wanted, context, dy);
            return;
        }
        // The weights, and the scores' gradient, once for all that want them.
        TensorRange? query = Open(Query, out float queryBeta), key = Open(Key, out float keyBeta), value = Open(Value, out float valueBeta);
        AttentionShape shape = ShapeOf(context);
        if (!IsSame(query, key) && !IsSame(query, value) && !IsSame(key, value))
        {
            Gradients(context, shape, dy, new AttentionGradients(query, key, value, queryBeta, keyBeta, valueBeta));
            return;
        }
        // One tensor in two places: its gradients are added up one after the other.
        if (query is not null) Gradients(context, shape, dy, new AttentionGradients(query, null, null, queryBeta));
        if (key is not null) Gradients(context, shape, dy, new AttentionGradients(null, key, null, 0, keyBeta));
        if (value is not null) Gradients(context, shape, dy, new AttentionGradients(null, null, value, 0, 0, valueBeta));

        TensorRange? Open(int input, out float beta)
        {
            beta = 0;
            return wanted.Contains(input) ? context.Target(input).Open(out beta) : null;
        }

        static bool IsSame(TensorRange? a, TensorRange? b) => a is { } one && b is { } other && one.Storage == other.Storage;
    }

    private void Gradients(BackwardContext context, in AttentionShape shape, Tensor dy, in AttentionGradients wanted)
    {
        TensorRange first = context.Saved(Query).Range;
        (TensorRange query, TensorRange key, TensorRange value) = Parts(first, isPacked ? default : context.Saved(Key).Range, isPacked || !wanted.NeedsScores ? default : context.Saved(Value).Range, shape);
        context.Device.AttentionBackward(
            shape, query, key, wanted.NeedsScores ? value : null, hasLengths ? context.Saved(Lengths).Range : null, hasMask ? context.Saved(Mask).Range : null, wanted.NeedsScores ? context.Saved(Y).Range : null,
            context.Saved(State).Range, dy.Range, wanted);
    }

    private AttentionShape ShapeOf(BackwardContext context)
    {
        AttentionShape shape = ShapeOf(context.InputShape(0), context.InputShape(isPacked ? 0 : Key), context.InputShape(isPacked ? 0 : Value));
        return hasMask ? WithMask(shape, context.Saved(Mask).Shape) : shape;
    }

    private AttentionShape ShapeOf(Shape query, Shape key, Shape value)
    {
        int parts = isPacked ? 3 : 1;
        if (query.Rank != 3 || heads < 1 || query[2] % (heads * parts) != 0)
            throw new ShapeException($"{Name}: needs {(isPacked ? "a packed projection (sequences, places, 3 · width)" : "queries (sequences, places, width)")} with a width that {heads} heads divide, found {query}.");
        if (!isPacked && (key.Rank != 3 || key != value || key[0] != query[0] || key[2] != query[2]))
            throw new ShapeException($"{Name}: queries {query} need keys and values (sequences, places, width) of as many sequences and the same width, found {key} and {value}.");
        int size = query[2] / (heads * parts);
        if (size is < 1 or > AttentionShape.MostSize) throw new ShapeException($"{Name}: a head of {query} with {heads} heads has {size} elements, it may have 1 to {AttentionShape.MostSize}.");
        if (options.Scale is { } scale && !float.IsFinite(scale)) throw new ArgumentException($"{Name}: the scale must be finite, found {scale}.");
        if (options.IsCausal && key[1] != query[1]) throw new ShapeException($"{Name}: a causal mask needs as many keys as queries, found {key[1]} and {query[1]}.");
        return new AttentionShape(query[0], heads, query[1], key[1], size, query[2], key[2], value[2], options.Scale ?? 1 / MathF.Sqrt(size), options.IsCausal, 0, 0, options.Dropout);
    }

    private AttentionShape WithMask(in AttentionShape shape, Shape mask)
    {
        int rank = mask.Rank, pairs = shape.Queries * shape.Keys, ofHeads = rank > 2 ? mask[^3] : 1, ofSequences = rank > 3 ? mask[0] : 1;
        bool fits = rank is >= 2 and <= 4 && mask[^2] == shape.Queries && mask[^1] == shape.Keys && (ofHeads == 1 || ofHeads == shape.Heads) && (ofSequences == 1 || ofSequences == shape.Batch);
        if (!fits) throw new ShapeException($"{Name}: needs a mask ([[{shape.Batch} or 1,] {shape.Heads} or 1,] {shape.Queries}, {shape.Keys}), found {mask}.");
        return shape with { MaskHeadStride = ofHeads == 1 ? 0 : pairs, MaskBatchStride = ofSequences == 1 ? 0 : ofHeads * pairs };
    }

    /// <summary>Where queries, keys and values are: in ranges of their own, or in thirds of the first one's rows.</summary>
    private (TensorRange Query, TensorRange Key, TensorRange Value) Parts(TensorRange first, TensorRange key, TensorRange value, in AttentionShape shape) =>
        !isPacked ? (first, key, value)
        : shape.QuerySpan == 0 ? (first.Slice(0, 0), first.Slice(0, 0), first.Slice(0, 0))
        : (first.Slice(0, shape.QuerySpan), first.Slice(shape.Width, shape.KeySpan), first.Slice(2 * shape.Width, shape.ValueSpan));
}

public sealed partial class Tensor
{
    /// <summary>
    /// Scaled dot-product attention over heads, this tensor being the queries (sequences, places, width): y = softmax(scale · Q·Kᵀ + mask)·V for each sequence and head, heads side by side in a row. A query that sees no key gets
    /// zeros. Places behind a sequence's length are not looked at, whatever they hold, and get a gradient of exactly zero as keys and values.
    /// </summary>
    /// <param name="key">The keys (sequences, places, width).</param>
    /// <param name="value">The values, likewise.</param>
    /// <param name="heads">Heads; they divide the width, into at most <see cref="AttentionShape.MostSize"/> elements.</param>
    /// <param name="options">Scale, causal mask, dropout; null: <see cref="AttentionOptions.Default"/>.</param>
    /// <param name="lengths">Keys of each sequence that count; null: all.</param>
    /// <param name="mask">Added to the scores, without a gradient of its own: (queries, keys), for each head (heads, queries, keys), or for each sequence too; −∞ hides a key.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A length is negative or more than the places.</exception>
    public Tensor Attention(Tensor key, Tensor value, int heads, AttentionOptions? options = null, IntTensor? lengths = null, Tensor? mask = null)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        var function = new AttentionFunction(heads, false, mask is not null, lengths is not null, options ?? AttentionOptions.Default);
        // Written out, so that no array is made a call.
        return (mask, lengths) switch
        {
            (null, null) => function.Apply([this, key, value]),
            (null, not null) => function.Apply([this, key, value, lengths]),
            (not null, null) => function.Apply([this, key, value, mask]),
            _ => function.Apply([this, key, value, mask, lengths]),
        };
    }

    /// <summary>The same of one packed projection (sequences, places, 3 · width): each row has the queries of all heads, then the keys, then the values.</summary>
    /// <inheritdoc cref="Attention(Tensor, Tensor, int, AttentionOptions?, IntTensor?, Tensor?)"/>
    public Tensor PackedAttention(int heads, AttentionOptions? options = null, IntTensor? lengths = null, Tensor? mask = null)
    {
        var function = new AttentionFunction(heads, true, mask is not null, lengths is not null, options ?? AttentionOptions.Default);
        return (mask, lengths) switch
        {
            (null, null) => function.Apply([this]),
            (null, not null) => function.Apply([this, lengths]),
            (not null, null) => function.Apply([this, mask]),
            _ => function.Apply([this, mask, lengths]),
        };
    }
}
