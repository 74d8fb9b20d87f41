using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>
/// A transformer for text: embeddings, blocks, head, each a unit of freezing (units <c>embeddings</c>, <c>block1</c> …, <c>head</c>). Batch of token ids → outputs (n, outputs), or (n, length, outputs) where each token has its own.
/// A tied head belongs to the unit of the embeddings.
/// </summary>
public sealed class TextTransformer : Module<Batch>, IStaged, IObservedChain
{
    private readonly TextModelOptions options;
    private readonly TransformerBlock[] blocks;
    private readonly OutputWatch watch = new();

    /// <summary>A model with start values as in BERT and GPT-2.</summary>
    /// <exception cref="ArgumentException">The heads do not divide the width.</exception>
    public TextTransformer(TextModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Layers);
        this.options = options;
        Embeddings = Register(nameof(Embeddings), new TokenEmbeddings(options));
        blocks = new TransformerBlock[options.Layers];
        for (int i = 0; i < blocks.Length; i++) blocks[i] = Register($"block{i + 1}", new TransformerBlock(options.Blocks));
        Head = Register(nameof(Head), new TextHead(options, options.IsTied ? Embeddings.Tokens.Weight : null));
        Stages = [Embeddings, .. blocks, Head];
    }

    /// <summary>Tokens to vectors.</summary>
    public TokenEmbeddings Embeddings { get; }

    /// <summary>The blocks, in their order.</summary>
    public IReadOnlyList<TransformerBlock> Blocks => blocks;

    /// <summary>Vectors to outputs.</summary>
    public TextHead Head { get; }

    /// <inheritdoc/>
    public override bool IsChain => true;

    /// <inheritdoc/>
    public IReadOnlyList<ModuleBase> Stages { get; }

    /// <inheritdoc/>
    public IEnumerable<ModuleBase> ObservedModules => Stages;

    /// <inheritdoc/>
    public bool IsObserved => watch.IsWatched;

    /// <inheritdoc/>
    public IDisposable Observe(Action<ModuleBase, Tensor> output) => watch.Observe(output);

    /// <inheritdoc/>
    public override Tensor Forward(Batch input) => ForwardStages(input, null, 0, Stages.Count);

    /// <inheritdoc/>
    public Tensor ForwardStages(Batch batch, Tensor? input, int first, int end)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (first == end && input is not null) return input.Reshape(input.Shape);
        Tensor? x = input;
        for (int stage = first; stage < end; stage++)
        {
            Tensor y = stage == 0 ? Embeddings.Forward(batch) : stage <= blocks.Length ? blocks[stage - 1].Forward(x!, batch.Lengths) : Head.Forward(x!, batch.Lengths);
            if (stage > first) x!.Dispose();
            x = watch.Tell(Stages[stage], y);
        }
        return x ?? throw new ArgumentException($"TextTransformer: no stage is to be run and there is no input.", nameof(input));
    }

    /// <summary>The last block's results (n, length, width): hidden states.</summary>
    public Tensor States(Batch input) => ForwardStages(input, null, 0, Stages.Count - 1);

    /// <summary>The vector of each sample that its outputs are made of (n, width): an embedding of its text.</summary>
    public Tensor Pooled(Batch input)
    {
        using Tensor states = States(input);
        return Head.Pooled(states, input.Lengths);
    }

    /// <summary>For example <c>TextTransformer(6 × TransformerBlock(384, 12 heads))</c>.</summary>
    public override string ToString() => $"TextTransformer({blocks.Length} × {blocks[0]}, {options.Outputs} outputs)";
}
