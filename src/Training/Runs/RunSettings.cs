using ResearchFreeze.Data;

namespace ResearchFreeze.Training;

/// <summary>Everything that says what a training run does. Texts are specs as on the command line.</summary>
public sealed record RunSettings
{
    private readonly int epochs = 5;
    private readonly int batchSize = 128;
    private readonly int accumulate = 1;
    private readonly float learningRate = 0.05f;

    /// <summary>The model.</summary>
    public string Model { get; init; } = "cnn";

    /// <summary>The data set: a spec, or a folder of IDX files.</summary>
    public string Data { get; init; } = HostDatasets.FashionMnistSmallName;

    /// <summary>How training images are changed at random, joined by '+'.</summary>
    public string Augment { get; init; } = Augmentations.None;

    /// <summary>What is measured, joined by ','; loss and accuracy always are.</summary>
    public string Metrics { get; init; } = MetricCatalogue.Default;

    /// <summary>The freezing policy.</summary>
    public string Policy { get; init; } = "adaptive";

    /// <summary>What scores units; null: the policy's, or with a rule of one's own <see cref="Rules.DefaultCriterion"/>.</summary>
    public string? Criterion { get; init; }

    /// <summary>What decides by the scores, with its filters: <c>percentile:50+prefix</c>; null: the policy's, or with a criterion of one's own <see cref="Rules.DefaultRule"/>.</summary>
    public string? Rule { get; init; }

    /// <summary>How the model is divided into units: <c>block</c>, <c>module</c>, <c>tensor</c>, or <c>traced</c>: at the boundaries of its graph; as <c>block:head=mlm+pooler</c> with a head that is named.</summary>
    public string Units { get; init; } = RunUnits.Block;

    /// <summary>The folder of a run whose freezing decisions are repeated exactly, in place of the policy's; null: none.</summary>
    public string? Replay { get; init; }

    /// <summary>The controller's settings under a criterion or a rule of one's own, as <c>checks=40,warmup=0.1,drop=5,margin=0.02</c>; null: those, or for a rule that follows a plan no warm-up and no thaw.</summary>
    public string? Control { get; init; }

    /// <summary>Whether the policy is made of a criterion and a rule instead of being named.</summary>
    public bool IsComposed => Criterion is not null || Rule is not null;

    /// <summary>The policy's text, or the criterion's and the rule's, joined by a space.</summary>
    public string PolicyText => IsComposed ? $"{Criterion ?? Rules.DefaultCriterion} {Rule ?? Rules.DefaultRule}" : Policy;

    /// <summary>The optimizer.</summary>
    public string Optimizer { get; init; } = "sgd";

    /// <summary>The learning-rate schedule.</summary>
    public string Schedule { get; init; } = "cosine";

    /// <summary>The device.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>Threads on the CPU; 0: one for each processor.</summary>
    public int Threads { get; init; }

    /// <summary>Initialisation, order of the data and dropout; each has streams of its own.</summary>
    public ulong Seed { get; init; } = 42;

    /// <summary>Passes over the training data.</summary>
    public int Epochs
    {
        get => epochs;
        init => epochs = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Training: epochs must be at least 1, found {value}.");
    }

    /// <summary>Samples a batch.</summary>
    public int BatchSize
    {
        get => batchSize;
        init => batchSize = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Training: the batch size must be at least 1, found {value}.");
    }

    /// <summary>Batches whose gradients make one step.</summary>
    public int Accumulate
    {
        get => accumulate;
        init => accumulate = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Training: batches a step must be at least 1, found {value}.");
    }

    /// <summary>The schedule's rate.</summary>
    public float LearningRate
    {
        get => learningRate;
        init => learningRate = value > 0 && float.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Training: the learning rate must be positive and finite, found {value}.");
    }
}
