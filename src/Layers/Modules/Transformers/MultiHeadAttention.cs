using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// Attention of a sequence to itself (Vaswani et al. 2017): (n, places, width) → (n, places, width), with projections of queries, keys and values, in three layers or in one whose rows are all three, and one of the result. Heads are
/// read where they lie in the projections. Where only some projections train, the gradients of the others are not computed.
/// </summary>
public sealed class MultiHeadAttention : Module
{
    private readonly int width, heads;
    private readonly AttentionOptions options;
    private readonly Dropout? dropout;
    private readonly RotaryPositions? rotary;

    /// <summary>Attention with projections that start as Xavier's.</summary>
    /// <param name="width">Of a place.</param>
    /// <param name="heads">They divide the width.</param>
    /// <param name="isCausal">Whether a place sees only itself and those before it.</param>
    /// <param name="isPacked">Whether queries, keys and values are one layer (3 · width, width), in this order.</param>
    /// <param name="dropout">Of the weights, while training.</param>
    /// <param name="bias">Whether projections have one.</param>
    /// <param name="isRotary">Whether queries and keys are turned by their places: see <see cref="RotaryPositions"/>.</param>
    /// <param name="linear">Makes the projections from inputs, outputs and whether there is a bias, as for <see cref="LoraLinear"/>; null: <see cref="Linear"/>.</param>
    /// <exception cref="ArgumentException">The heads do not divide the width.</exception>
    public MultiHeadAttention(int width, int heads, bool isCausal = false, bool isPacked = false, float dropout = 0, bool bias = true, bool isRotary = false, Func<int, int, bool, Linear>? linear = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        if (width % heads != 0) throw new ArgumentException($"MultiHeadAttention: {heads} heads do not divide a width of {width}.", nameof(heads));
        if (width / heads > AttentionShape.MostSize) throw new ArgumentException($"MultiHeadAttention: a head has {width / heads} elements, at most {AttentionShape.MostSize} are possible.", nameof(heads));
        linear ??= (inputs, outputs, hasBias) => new Linear(inputs, outputs, hasBias);
        (this.width, this.heads, options) = (width, heads, new AttentionOptions { IsCausal = isCausal });
        if (isPacked) Packed = Register(nameof(Packed), linear(width, 3 * width, bias));
        else
        {
            Query = Register(nameof(Query), linear(width, width, bias));
            Key = Register(nameof(Key), linear(width, width, bias));
            Value = Register(nameof(Value), linear(width, width, bias));
        }
        Output = Register(nameof(Output), linear(width, width, bias));
        if (dropout != 0) this.dropout = Register(nameof(dropout), new Dropout(dropout));
        if (isRotary) rotary = Register(nameof(rotary), new RotaryPositions(width / heads));
    }

    /// <summary>Whether queries and keys are turned by their places.</summary>
    public bool IsRotary => rotary is not null;

    /// <summary>The projection of all three; null: they are apart.</summary>
    public Linear? Packed { get; }

    /// <summary>The queries' projection; null: it is a part of <see cref="Packed"/>.</summary>
    public Linear? Query { get; }

    /// <summary>The keys' projection; null: it is a part of <see cref="Packed"/>.</summary>
    public Linear? Key { get; }

    /// <summary>The values' projection; null: it is a part of <see cref="Packed"/>.</summary>
    public Linear? Value { get; }

    /// <summary>The result's projection.</summary>
    public Linear Output { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => Forward(input, null);

    /// <summary>The same of sequences that end early: places behind a sequence's length are not seen, and their own results mean nothing.</summary>
    /// <param name="input">(n, places, width).</param>
    /// <param name="lengths">Places of each sequence (n); null: all.</param>
    public Tensor Forward(Tensor input, IntTensor? lengths)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.Shape.Rank != 3 || input.Shape[2] != width) throw new ShapeException($"attention '{Path}': needs (n, places, {width}), found {input.Shape}.");
        // Rows of weights are rounded up to whole blocks of the generator.
        AttentionOptions drawn = dropout?.NextKey(input, (long)input.Shape[0] * heads * input.Shape[1] * ((input.Shape[1] + 3) & ~3)) is { } key ? options with { Dropout = key } : options;
        using Tensor seen = Seen(input, lengths, drawn);
        return Output.Forward(seen);
    }

    /// <summary>For example <c>MultiHeadAttention(128, 4 heads, causal)</c>.</summary>
    public override string ToString() => $"MultiHeadAttention({width}, {heads} {(heads == 1 ? "head" : "heads")}{(options.IsCausal ? ", causal" : "")})";

    private Tensor Seen(Tensor input, IntTensor? lengths, AttentionOptions drawn)
    {
        if (Packed is not null && rotary is null)
        {
            using Tensor packed = Packed.Forward(input);
            return packed.PackedAttention(heads, drawn, lengths);
        }
        using Tensor? all = Packed?.Forward(input);
        using Tensor query = Turned(all?.Slice(2, 0, width) ?? Query!.Forward(input)), key = Turned(all?.Slice(2, width, 2 * width) ?? Key!.Forward(input)), value = all?.Slice(2, 2 * width, 3 * width) ?? Value!.Forward(input);
        return query.Attention(key, value, heads, drawn, lengths);
    }

    private Tensor Turned(Tensor projected)
    {
        if (rotary is null) return projected;
        using Tensor before = projected;
        return rotary.Forward(before);
    }
}
