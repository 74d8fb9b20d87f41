using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>From the last block to the outputs: a norm where blocks begin with theirs, what is looked at of a sequence, perhaps a layer with tanh, and the outputs.</summary>
public sealed class TextHead : Module
{
    private readonly Pooling pooling;
    private readonly LayerNorm? norm;
    private readonly MeanPool? mean;
    private readonly Linear? pooler;
    private readonly Dropout? dropout;

    internal TextHead(TextModelOptions options, Parameter? tied)
    {
        int width = options.Blocks.Width;
        pooling = options.Pooling;
        if (options.Blocks.IsPreNorm) norm = Register(nameof(norm), new LayerNorm(width, options.Blocks.Epsilon));
        if (pooling == Pooling.Mean) mean = Register(nameof(mean), new MeanPool());
        if (options.HasPooler) pooler = Register(nameof(pooler), new Linear(width, width, activation: Activation.Tanh));
        if (options.Blocks.Dropout != 0) dropout = Register(nameof(dropout), new Dropout(options.Blocks.Dropout));
        Output = Register(nameof(Output), tied is null ? new Linear(width, options.Outputs, initializer: Initializers.Normal(0.02)) : new Linear(tied, bias: false));
    }

    /// <summary>The outputs' layer.</summary>
    public Linear Output { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => Forward(input, null);

    /// <summary>The same of sequences that end early.</summary>
    public Tensor Forward(Tensor input, IntTensor? lengths)
    {
        using Tensor pooled = Pooled(input, lengths);
        if (pooler is null && dropout is null) return Output.Forward(pooled);
        using Tensor dense = pooler?.Forward(pooled) ?? pooled.Reshape(pooled.Shape), kept = dropout?.Forward(dense) ?? dense.Reshape(dense.Shape);
        return Output.Forward(kept);
    }

    /// <summary>The vector of each sequence before pooler and outputs, or of each place.</summary>
    internal Tensor Pooled(Tensor input, IntTensor? lengths)
    {
        ArgumentNullException.ThrowIfNull(input);
        // A norm is of places, and of those alone that are looked at.
        using Tensor seen = pooling == Pooling.First ? input.Slice(1, 0, 1).Reshape([input.Shape[0], input.Shape[2]]) : input.Reshape(input.Shape), normalised = norm?.Forward(seen) ?? seen.Reshape(seen.Shape);
        return mean?.Forward(normalised, lengths) ?? normalised.Reshape(normalised.Shape);
    }

    /// <summary>For example <c>TextHead(Mean, Linear(128 → 10))</c>.</summary>
    public override string ToString() => $"TextHead({pooling}, {Output})";
}
