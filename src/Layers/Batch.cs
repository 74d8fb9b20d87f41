using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// Some samples of a data set on a device: real values (<see cref="Inputs"/>), or token ids (<see cref="Tokens"/>). Its tensors belong to whoever made the batch; a data set disposes them when the next one is asked for.
/// </summary>
public sealed record Batch
{
    private Lazy<Tensor>? inputs;

    /// <summary>Samples of real values.</summary>
    /// <param name="inputs">The samples (n, …).</param>
    /// <param name="labels">One class a sample (n); where the data have <see cref="Targets"/>, zeros.</param>
    /// <param name="sampleIds">The samples' places in their data set.</param>
    /// <param name="augmentationKey">Names the random augmentation of this pass over the data; 0: none.</param>
    public Batch(Tensor inputs, IntTensor labels, ReadOnlyMemory<int> sampleIds, ulong augmentationKey = 0)
        : this(labels, sampleIds)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        (this.inputs, AugmentationKey) = (new Lazy<Tensor>(inputs), augmentationKey);
    }

    private Batch(IntTensor labels, ReadOnlyMemory<int> sampleIds)
    {
        ArgumentNullException.ThrowIfNull(labels);
        (Labels, SampleIds) = (labels, sampleIds);
    }

    /// <summary>The samples (n, …).</summary>
    /// <exception cref="InvalidOperationException">They are token ids.</exception>
    public Tensor Inputs => inputs?.Value ?? throw new InvalidOperationException("Batch: expected inputs of real values, found token ids; a model of text takes the batch (Module<Batch>) and reads its Tokens.");

    /// <summary>Token ids (n, length), as long as the longest sample and padded behind the others'; null: the samples are real values.</summary>
    public IntTensor? Tokens { get; private init; }

    /// <summary>How many tokens of each sample are its own (n), at least one; null: the samples are real values.</summary>
    public IntTensor? Lengths { get; private init; }

    /// <summary>Which of two texts a token is of (n, length): 0 the first, 1 the second, as BERT's token types; 0 where there is padding. Null: there is one text.</summary>
    public IntTensor? Segments { get; init; }

    /// <summary>A class for each token (n, length), as the next token's id; −1 where none is asked for, and at padding. Null: labels are of samples.</summary>
    public IntTensor? TokenLabels { get; init; }

    /// <summary>One class a sample (n); where the data have <see cref="Targets"/> or <see cref="TokenLabels"/>, zeros.</summary>
    public IntTensor Labels { get; init; }

    /// <summary>The numbers to predict (n, targets), normalised as the training set says; null: the data have classes.</summary>
    public Tensor? Targets { get; init; }

    /// <summary>The samples' places in their data set.</summary>
    public ReadOnlyMemory<int> SampleIds { get; init; }

    /// <summary>Names the random augmentation of this pass over the data; 0: none.</summary>
    public ulong AugmentationKey { get; init; }

    /// <summary>Whether a gradient of the inputs is wanted. Inputs that were not read yet want none.</summary>
    internal bool WantsInputGradient => inputs is { IsValueCreated: true } && inputs.Value.RequiresGrad;

    /// <summary>The number of samples.</summary>
    public int Count => SampleIds.Length;

    /// <summary>All tensors that it has: for who releases them, or keeps them beyond a scope.</summary>
    public IReadOnlyList<TensorBase> Tensors => [.. ((TensorBase?[])[inputs is { IsValueCreated: true } ? inputs.Value : null, Tokens, Lengths, Segments, TokenLabels, Labels, Targets]).OfType<TensorBase>()];

    /// <summary>The same samples with their values elsewhere.</summary>
    /// <param name="tensors">As many as <see cref="Tensors"/>, in its order, and of its shapes.</param>
    public Batch With(IReadOnlyList<TensorBase> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        int at = 0;
        Tensor? own = inputs is { IsValueCreated: true } ? (Tensor)tensors[at++] : null;
        return this with
        {
            inputs = own is null ? inputs : new Lazy<Tensor>(own),
            Tokens = Next(Tokens),
            Lengths = Next(Lengths),
            Segments = Next(Segments),
            TokenLabels = Next(TokenLabels),
            Labels = (IntTensor)tensors[at++],
            Targets = Targets is null ? null : (Tensor)tensors[at++],
        };

        IntTensor? Next(IntTensor? has) => has is null ? null : (IntTensor)tensors[at++];
    }

    /// <summary>Samples of token ids.</summary>
    /// <param name="tokens">The ids (n, length), padded behind each sample's own.</param>
    /// <param name="lengths">How many of them are each sample's own (n).</param>
    /// <param name="labels">One class a sample (n); zeros where the data have other labels.</param>
    /// <param name="sampleIds">The samples' places in their data set.</param>
    /// <exception cref="ShapeException">The shapes do not fit together.</exception>
    public static Batch OfTokens(IntTensor tokens, IntTensor lengths, IntTensor labels, ReadOnlyMemory<int> sampleIds)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(lengths);
        ArgumentNullException.ThrowIfNull(labels);
        if (tokens.Shape.Rank != 2 || lengths.Shape != new Shape(tokens.Shape[0]) || labels.Shape != lengths.Shape)
            throw new ShapeException($"Batch: tokens (n, length) need a length and a label a sample (n), found tokens {tokens.Shape}, lengths {lengths.Shape}, labels {labels.Shape}.");
        return new Batch(labels, sampleIds) { Tokens = tokens, Lengths = lengths };
    }

    /// <summary>Samples whose values are read when <see cref="Inputs"/> is asked for, or never: a forward cache may have what they would give.</summary>
    /// <param name="inputs">Reads the samples (n, …).</param>
    /// <param name="labels">One class a sample (n).</param>
    /// <param name="sampleIds">The samples' places in their data set.</param>
    /// <param name="augmentationKey">Names the random augmentation of this pass over the data; 0: none.</param>
    public static Batch Deferred(Func<Tensor> inputs, IntTensor labels, ReadOnlyMemory<int> sampleIds, ulong augmentationKey = 0)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        // One thread at a time works on a device.
        return new Batch(labels, sampleIds) { inputs = new Lazy<Tensor>(inputs, LazyThreadSafetyMode.None), AugmentationKey = augmentationKey };
    }

    /// <summary>For example <c>Batch of 32, tokens (32, 18)</c>.</summary>
    public override string ToString() => Tokens is { } tokens ? $"Batch of {Count}, tokens {tokens.Shape}" : inputs is { IsValueCreated: true } ? $"Batch of {Count}, inputs {inputs.Value.Shape}" : $"Batch of {Count}, inputs not read";
}
