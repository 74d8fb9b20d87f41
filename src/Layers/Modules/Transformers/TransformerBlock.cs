using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>A block of a transformer: attention, then a feed-forward layer, each with norm, dropout and residual sum: (n, places, width) → (n, places, width). One unit of freezing, or two.</summary>
public sealed class TransformerBlock : Module
{
    private readonly TransformerOptions options;
    private readonly Parameter[] parameters;
    private readonly Dropout[] dropouts;

    /// <summary>A block.</summary>
    /// <exception cref="ArgumentException">The heads do not divide the width.</exception>
    public TransformerBlock(TransformerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options;
        Projections = new MultiHeadAttention(options.Width, options.Heads, options.IsCausal, options.IsPacked, options.Dropout, isRotary: options.IsRotary, linear: options.Projection);
        Layers = new FeedForward(options.Width, options.Inner, options.Activation());
        Attention = Register(nameof(Attention), new ResidualNorm(Projections, new LayerNorm(options.Width, options.Epsilon), options.IsPreNorm, options.Dropout));
        FeedForward = Register(nameof(FeedForward), new ResidualNorm(Layers, new LayerNorm(options.Width, options.Epsilon), options.IsPreNorm, options.Dropout));
        // Once, and not in each step.
        (parameters, dropouts) = ([.. Parameters()], [.. Modules().OfType<Dropout>()]);
    }

    /// <summary>The first half.</summary>
    public ResidualNorm Attention { get; }

    /// <summary>The second half.</summary>
    public ResidualNorm FeedForward { get; }

    /// <summary>The projections of the first half.</summary>
    public MultiHeadAttention Projections { get; }

    /// <summary>The layers of the second half.</summary>
    public FeedForward Layers { get; }

    /// <inheritdoc/>
    public override bool IsChain => options.AreHalvesUnits;

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input) => Forward(input, null);

    /// <summary>The same of sequences that end early: places behind a sequence's length are not seen, and their own results mean nothing.</summary>
    /// <param name="input">(n, places, width).</param>
    /// <param name="lengths">Places of each sequence (n); null: all.</param>
    public Tensor Forward(Tensor input, IntTensor? lengths) => options.IsRecomputed ? new Recompute(x => Halves(x, lengths), parameters, dropouts).Run(input) : Halves(input, lengths);

    /// <summary>For example <c>TransformerBlock(128, 4 heads)</c>.</summary>
    public override string ToString() => $"TransformerBlock({options.Width}, {options.Heads} heads{(options.IsCausal ? ", causal" : "")})";

    private Tensor Halves(Tensor input, IntTensor? lengths)
    {
        using Tensor attended = Attention.Forward(input, lengths);
        return FeedForward.Forward(attended, lengths);
    }
}
