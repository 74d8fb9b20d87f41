using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>A model that can be built for some data.</summary>
/// <param name="Build">Makes it from a sample's shape and the number of outputs, one a class or one a number to predict; throws <see cref="ShapeException"/> where they do not fit.</param>
/// <param name="SampleShape">The sample shape that synthetic data should have.</param>
/// <param name="Classes">The classes that synthetic data should have.</param>
public sealed record ModelSpec(Func<Shape, int, ModuleBase> Build, Shape SampleShape, int Classes)
{
    /// <summary>From a batch to the outputs (n, classes or targets): how a model is called that is neither a <see cref="Module"/> nor a <c>Module&lt;Batch&gt;</c>.</summary>
    public Func<ModuleBase, Batch, Tensor> Forward { get; init; } = OfBatch;

    /// <summary>How many token ids synthetic data should have; 0: samples are values.</summary>
    public int Vocabulary { get; init; }

    /// <summary>Makes it for data of token ids, from these and the number of outputs of a sample; null: as for values.</summary>
    public Func<TokenFormat, int, ModuleBase>? BuildOfTokens { get; init; }

    /// <summary>What makes its tokens, as <c>TextTokenizers.Open</c> takes it; null: nothing in particular.</summary>
    public string? TokenizerFolder { get; init; }

    /// <summary>What a run keeps to build the model again without the folder that it is from: the next <see cref="Spec.Kept"/>; null: nothing is needed.</summary>
    public string? Kept { get; init; }

    /// <summary>Says in one line where a built model's weights are from; null: they are drawn.</summary>
    public Func<ModuleBase, string>? Origin { get; init; }

    /// <summary>How it is trained unless the settings say otherwise.</summary>
    public Recipe Recipe { get; init; } = Recipe.Default;

    /// <summary>The outputs of a model that takes a batch's inputs, or the batch.</summary>
    /// <exception cref="ArgumentException">It takes something else.</exception>
    internal static Tensor OfBatch(ModuleBase model, Batch batch) => model switch
    {
        Module when batch.Tokens is not null => throw new ArgumentException($"Model: a {model.GetType().Name} takes values, and the data has token ids; bert, gpt and transformer take those."),
        Module module => module.Forward(batch.Inputs),
        Module<Batch, Tensor> module => module.Forward(batch),
        _ => throw new ArgumentException($"Model: a {model.GetType().Name} takes neither a tensor nor a batch; its ModelSpec needs a Forward."),
    };

    /// <summary>Builds the model with its start values on a device, unless its weights alone need more memory than this machine has.</summary>
    internal ModuleBase On(Device device, Shape sample, int classes, ulong seed, TokenFormat? tokens = null)
    {
        if (tokens is null && BuildOfTokens is not null && sample != SampleShape) throw new ArgumentException($"The model reads tokens, and the data has samples of values of shape {sample}.");
        ModuleBase model = tokens is { } format && BuildOfTokens is { } build ? build(format, classes) : Build(sample, classes);
        long bytes = model.Parameters().Sum(parameter => (long)parameter.Shape.Count) * device.RealSize, there = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (bytes > there)
            throw new ArgumentException(FormattableString.Invariant($"The model's weights need {bytes / 1e9:F1} GB of memory, and this machine has {there / 1e9:F1} GB."));
        // Also where a builder has loaded or trained all of them: random modules start their streams from the run's seed.
        model.InitializeAll(device, seed, overwrites: false);
        return model;
    }
}
