using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>Tokens, their places and perhaps their text as rows of tables, added up; then perhaps a norm and dropout. Batch → (n, length, width).</summary>
public sealed class TokenEmbeddings : Module<Batch>
{
    private readonly LearnedPositions? positions;
    private readonly Embedding? segments;
    private readonly LayerNorm? norm;
    private readonly Dropout? dropout;

    internal TokenEmbeddings(TextModelOptions options)
    {
        int width = options.Blocks.Width;
        Tokens = Register(nameof(Tokens), new Embedding(options.Vocabulary, width, options.TokenStart ?? Initializers.Normal(0.02)));
        if (!options.Blocks.IsRotary) positions = Register(nameof(positions), new LearnedPositions(options.Places, width));
        if (options.Segments > 0) segments = Register(nameof(segments), new Embedding(options.Segments, width, Initializers.Normal(0.02)));
        if (options.HasEmbeddingNorm) norm = Register(nameof(norm), new LayerNorm(width, options.Blocks.Epsilon));
        if (options.Blocks.Dropout != 0) dropout = Register(nameof(dropout), new Dropout(options.Blocks.Dropout));
    }

    /// <summary>The table of tokens (vocabulary, width).</summary>
    public Embedding Tokens { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Batch input)
    {
        ArgumentNullException.ThrowIfNull(input);
        IntTensor ids = input.Tokens ?? throw new ArgumentException($"'{Path}': needs a batch of token ids, found {input}.");
        Tensor x = Tokens.Forward(ids);
        if (positions is not null) x = Replaced(x, positions.Forward(x));
        if (segments is not null)
        {
            // Of one text all are the first row.
            using Tensor rows = input.Segments is { } given ? segments.Forward(given) : segments.Weight.Value.Slice(0, 0, 1);
            x = Replaced(x, x + rows);
        }
        if (norm is not null) x = Replaced(x, norm.Forward(x));
        if (dropout is not null) x = Replaced(x, dropout.Forward(x));
        return x;
    }

    /// <summary>For example <c>TokenEmbeddings(Embedding(1000, 128))</c>.</summary>
    public override string ToString() => $"TokenEmbeddings({Tokens})";

    private static Tensor Replaced(Tensor before, Tensor after)
    {
        before.Dispose();
        return after;
    }
}
