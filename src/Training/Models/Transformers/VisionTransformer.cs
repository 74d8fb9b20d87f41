using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>A vision transformer (Dosovitskiy et al. 2021): patches with a class token and learned places, blocks that begin with their norms, and outputs of the class token. Units <c>embeddings</c>, <c>block1</c> …, <c>head</c>.</summary>
public sealed class VisionTransformer : Module, IStaged, IObservedChain
{
    private readonly PatchTokens embeddings;
    private readonly TransformerBlock[] blocks;
    private readonly OutputWatch watch = new();
    private readonly TextHead head;

    /// <summary>A model for images of one size.</summary>
    /// <param name="image">The shape of a sample (height, width, channels), its sides multiples of the patch.</param>
    /// <param name="patch">Pixels of a patch's side.</param>
    /// <param name="options">The blocks.</param>
    /// <param name="layers">How many there are.</param>
    /// <param name="outputs">Outputs of an image.</param>
    /// <exception cref="ShapeException">The sample is no such image.</exception>
    public VisionTransformer(Shape image, int patch, TransformerOptions options, int layers, int outputs)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(layers);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(patch);
        if (image.Rank != 3 || image[0] % patch != 0 || image[1] % patch != 0) throw new ShapeException($"vit: needs images (height, width, channels) whose sides are multiples of {patch}, found a sample of shape {image}.");
        int places = (image[0] / patch * (image[1] / patch)) + 1;
        embeddings = Register(nameof(embeddings), new PatchTokens(image[2], patch, places, options));
        blocks = new TransformerBlock[layers];
        for (int i = 0; i < layers; i++) blocks[i] = Register($"block{i + 1}", new TransformerBlock(options));
        head = Register(nameof(head), new TextHead(new TextModelOptions(options, layers, 1, places, outputs) { Pooling = Pooling.First }, null));
        Stages = [embeddings, .. blocks, head];
    }

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
    public override Tensor Forward(Tensor input) => Run(input, 0, Stages.Count);

    /// <inheritdoc/>
    public Tensor ForwardStages(Batch batch, Tensor? input, int first, int end)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return Run(input ?? batch.Inputs, first, end);
    }

    private Tensor Run(Tensor input, int first, int end)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (first == end) return input.Reshape(input.Shape);
        Tensor x = input;
        for (int stage = first; stage < end; stage++)
        {
            Tensor y = ((Module)Stages[stage]).Forward(x);
            if (stage > first) x.Dispose();
            x = watch.Tell(Stages[stage], y);
        }
        return x;
    }

    /// <summary>For example <c>VisionTransformer(6 × TransformerBlock(128, 4 heads))</c>.</summary>
    public override string ToString() => $"VisionTransformer({blocks.Length} × {blocks[0]})";

    /// <summary>Patches behind a class token, with places.</summary>
    private sealed class PatchTokens : Module
    {
        private readonly PatchEmbedding patches;
        private readonly LearnedPositions positions;
        private readonly Dropout? dropout;
        private readonly Parameter token;

        public PatchTokens(int channels, int patch, int places, TransformerOptions options)
        {
            token = Register(nameof(token), [1, 1, options.Width], Initializers.Normal(0.02));
            patches = Register(nameof(patches), new PatchEmbedding(channels, patch, options.Width));
            positions = Register(nameof(positions), new LearnedPositions(places, options.Width));
            if (options.Dropout != 0) dropout = Register(nameof(dropout), new Dropout(options.Dropout));
        }

        public override Tensor Forward(Tensor input)
        {
            using Tensor projected = patches.Forward(input), tokens = token.Value.Expand([input.Shape[0], 1, token.Shape[2]]), rows = Tensor.Concatenate(1, tokens, projected), placed = positions.Forward(rows);
            return dropout?.Forward(placed) ?? placed.Reshape(placed.Shape);
        }

        public override string ToString() => $"PatchTokens({patches})";
    }
}
