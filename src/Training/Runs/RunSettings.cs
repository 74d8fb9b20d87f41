using System.Text.Json.Serialization;
using ResearchFreeze.Autograd;
using ResearchFreeze.Data;

namespace ResearchFreeze.Training;

/// <summary>Everything that says what a training run does, and what <c>config.json</c> holds. Texts are specs as on the command line.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record RunSettings
{
    /// <summary>The most threads: more than any machine has, and few enough that making them breaks none.</summary>
    public const int MostThreads = 1024;

    /// <summary>The version of the form in which settings are written.</summary>
    internal const int CurrentSchema = 1;

    private readonly int epochs = Recipe.Default.Epochs;
    private readonly int? steps;
    private readonly int batchSize = Recipe.Default.BatchSize;
    private readonly int accumulate = 1;
    private readonly float learningRate = Recipe.Default.LearningRate;
    private readonly int threads;
    private readonly int? shards;
    private readonly double? average;
    private readonly string precision = Precisions.NameOf(Autograd.Precision.Float32);
    private readonly string activations = Precisions.NameOf(Autograd.Precision.Float32);
    private readonly string frozenWeights = Precisions.NameOf(Autograd.Precision.Float32);
    private readonly string? log;

    /// <summary>The model.</summary>
    [JsonRequired]
    public string Model { get; init; } = "cnn";

    /// <summary>The data set: a spec, or a folder of IDX files.</summary>
    [JsonRequired]
    public string Data { get; init; } = HostDatasets.FashionMnistSmallName;

    /// <summary>The freezing policy; null: the one that <see cref="Criterion"/> and <see cref="Rule"/> make, or without them <see cref="Policies.Default"/>.</summary>
    [JsonRequired]
    public string? Policy { get; init; }

    /// <summary>What scores units; null: the policy's, or with a rule of one's own <see cref="Rules.DefaultCriterion"/>.</summary>
    [JsonRequired]
    public string? Criterion { get; init; }

    /// <summary>What decides by the scores, with its filters: <c>percentile:50+prefix</c>; null: the policy's, or with a criterion of one's own <see cref="Rules.DefaultRule"/>.</summary>
    [JsonRequired]
    public string? Rule { get; init; }

    /// <summary>The controller's settings under a criterion or a rule of one's own, as <c>checks=40,warmup=0.1,drop=5,margin=0.02</c>; null: those, or for a rule that follows a plan no warm-up and no thaw.</summary>
    [JsonRequired]
    public string? Control { get; init; }

    /// <summary>Passes over the training data.</summary>
    [JsonRequired]
    public int Epochs
    {
        get => epochs;
        init => epochs = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Training: epochs must be at least 1, found {value}.");
    }

    /// <summary>Steps of the run in place of <see cref="Epochs"/>, its schedule included; its last epoch may end early. Null: whole epochs.</summary>
    public int? Steps
    {
        get => steps;
        init => steps = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Training: steps must be at least 1, found {value}.");
    }

    /// <summary>Samples a batch.</summary>
    [JsonRequired]
    [JsonPropertyName("batch")]
    public int BatchSize
    {
        get => batchSize;
        init => batchSize = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Training: the batch size must be at least 1, found {value}.");
    }

    /// <summary>Batches whose gradients make one step.</summary>
    [JsonRequired]
    public int Accumulate
    {
        get => accumulate;
        init => accumulate = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Training: batches a step must be at least 1, found {value}.");
    }

    /// <summary>The optimizer.</summary>
    [JsonRequired]
    public string Optimizer { get; init; } = Recipe.Default.Optimizer;

    /// <summary>The schedule's rate.</summary>
    [JsonRequired]
    [JsonPropertyName("lr")]
    public float LearningRate
    {
        get => learningRate;
        init => learningRate = value > 0 && float.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Training: the learning rate must be positive and finite, found {value}.");
    }

    /// <summary>The learning-rate schedule.</summary>
    [JsonRequired]
    public string Schedule { get; init; } = Recipe.Default.Schedule;

    /// <summary>How much of itself a moving average of the weights keeps at each step (<see cref="Layers.WeightAverage"/>): validation, test and the weights that are saved are then the average's. Null: there is none.</summary>
    [JsonPropertyName("ema")]
    public double? WeightAverage
    {
        get => average;
        init => average = value is null or (> 0 and < 1) ? value : throw new ArgumentOutOfRangeException(nameof(value), FormattableString.Invariant($"Training: the weights' average must keep over 0 and under 1 of itself, found {value}."));
    }

    /// <summary>Initialisation, order of the data and dropout; each has streams of its own.</summary>
    [JsonRequired]
    public ulong Seed { get; init; } = 42;

    /// <summary>The device.</summary>
    [JsonRequired]
    public string Device { get; init; } = "auto";

    /// <summary>Threads on the CPU, at most <see cref="MostThreads"/>; 0: one for each processor.</summary>
    [JsonRequired]
    public int Threads
    {
        get => threads;
        init => threads = value is >= 0 and <= MostThreads ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Training: threads must be between 0 and {MostThreads}, found {value}.");
    }

    // Settings that came later than the form: a file without them is of before, and reading gives a null for each.

    /// <summary>What products and convolutions round their operands to, as <see cref="Precisions"/> names it.</summary>
    public string Precision
    {
        get => precision;
        init => precision = value is null ? Precisions.NameOf(Autograd.Precision.Float32) : Precisions.NameOf(Precisions.Parse(value));
    }

    /// <summary>What activations are kept in between the forward and the backward pass: <c>float32</c> or <c>bf16</c>, as <see cref="Device.SavedPrecision"/> says.</summary>
    public string Activations
    {
        get => activations;
        init => activations = value is null ? Precisions.NameOf(Autograd.Precision.Float32) : Precisions.NameOf(Precisions.ParseSaved(value));
    }

    /// <summary>What frozen weights are kept in: <c>float32</c> or <c>bf16</c>, as <see cref="Layers.Optimizer.FrozenPrecision"/> says.</summary>
    public string FrozenWeights
    {
        get => frozenWeights;
        init => frozenWeights = value is null ? Precisions.NameOf(Autograd.Precision.Float32) : Precisions.NameOf(Precisions.ParseFrozen(value));
    }

    /// <summary>How training images are changed at random, joined by '+'.</summary>
    [JsonRequired]
    public string Augment { get; init; } = Augmentations.None;

    /// <summary>What is measured, joined by ','; loss and accuracy always are.</summary>
    [JsonRequired]
    public string Metrics { get; init; } = MetricCatalogue.Default;

    /// <summary>How the model is divided into units: <c>block</c>, <c>module</c>, <c>tensor</c>, or <c>traced</c>: at the boundaries of its graph; as <c>block:head=mlm+pooler</c> with a head that is named.</summary>
    [JsonRequired]
    public string Units { get; init; } = RunUnits.Block;

    /// <summary>The folder of a run whose freezing decisions are repeated exactly, in place of the policy's; null: none.</summary>
    [JsonRequired]
    public string? Replay { get; init; }

    /// <summary>What is done differently from the run of <see cref="Replay"/>, as <see cref="DynamicFreeze.Fork"/> is written: <c>step=120,freeze=stem</c>; null: nothing.</summary>
    public string? Fork { get; init; }

    /// <summary>Weights that the model starts from: a run's folder, a safetensors file, an index of several; null: none, all is drawn.</summary>
    public string? From { get; init; }

    /// <summary>How the weights of <see cref="From"/> lie: <c>ours</c> or <c>torch</c>; null: as they say themselves.</summary>
    public string? FromLayout { get; init; }

    /// <summary>Whether it is an error if <see cref="From"/> lacks a part of the model or has another; what is reset is neither.</summary>
    public bool FromStrict { get; init; }

    /// <summary>Paths, joined by ',', at and below which nothing is taken from <see cref="From"/>; null: none.</summary>
    public string? Reset { get; init; }

    /// <summary>What is learned; null: what the data are of, classification or regression.</summary>
    public string? Task { get; init; }

    /// <summary>When a run ends before its last epoch, as <c>patience=3,metric=loss,margin=0</c>; null: it does not.</summary>
    public string? EarlyStop { get; init; }

    /// <summary>When checkpoints are written: after so many steps (<c>500</c>) or seconds (<c>60s</c>), at steps (<c>at:120+300</c>), or <c>never</c>.</summary>
    public string CheckpointEvery
    {
        get;
        init => field = value ?? CheckpointPlan.DefaultEvery;
    } = CheckpointPlan.DefaultEvery;

    /// <summary>How many of the newest checkpoints are kept, or <c>all</c>.</summary>
    public string KeepCheckpoints
    {
        get;
        init => field = value ?? CheckpointPlan.DefaultKeep;
    } = CheckpointPlan.DefaultKeep;

    /// <summary>Whether what a frozen first part of the model gives is kept and read again, as <see cref="CacheSpec"/> reads it.</summary>
    public string Cache
    {
        get;
        init => field = value ?? CacheSpec.Off;
    } = CacheSpec.Off;

    /// <summary>Errors of earlier runs' predictions of step times (<see cref="RunCalibration"/>), for the intervals of this run's; null: none.</summary>
    public IReadOnlyList<double>? Calibration { get; init; }

    /// <summary>
    /// Into how many parts every batch is cut, whose gradients are added in their order whatever the number of ranks, so that bits do not depend on it; null: gradients of several ranks are added as they come, and with one rank batches
    /// are whole.
    /// </summary>
    public int? Shards
    {
        get => shards;
        init => shards = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Training: the parts of a batch must be at least 1, found {value}.");
    }

    /// <summary>Whether batch norms of several ranks normalise by the whole batch; else each by its rank's own samples.</summary>
    public bool SynchronisedNorms { get; init; }

    /// <summary>A log that others read, beside the run's own: <c>tensorboard</c>; null: none.</summary>
    public string? Log
    {
        get => log;
        init => log = value is null or EventLog.TensorBoard ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Training: the log must be '{EventLog.TensorBoard}', found '{value}'.");
    }

    /// <summary>The defaults for a model: those of its recipe, where <c>new RunSettings()</c> has the default model's.</summary>
    /// <param name="model">The model, as on the command line.</param>
    /// <param name="catalogues">What its name means; null: the built-in ones.</param>
    /// <exception cref="ArgumentException">The model is unknown.</exception>
    public static RunSettings For(string model, RunCatalogues? catalogues = null)
    {
        Recipe recipe = (catalogues ?? new RunCatalogues()).Models.Create(model).Recipe;
        return new RunSettings { Model = model, Epochs = recipe.Epochs, BatchSize = recipe.BatchSize, Optimizer = recipe.Optimizer, LearningRate = recipe.LearningRate, Schedule = recipe.Schedule };
    }

    /// <summary>Whether the policy is made of a criterion and a rule instead of being named.</summary>
    [JsonIgnore]
    public bool IsComposed => Criterion is not null || Rule is not null;

    /// <summary>The policy's text, or the criterion's and the rule's, joined by a space.</summary>
    [JsonIgnore]
    public string PolicyText => IsComposed ? $"{Criterion ?? Rules.DefaultCriterion} {Rule ?? Rules.DefaultRule}" : Policy ?? Policies.Default;

    /// <summary>Which form was read.</summary>
    [JsonInclude]
    [JsonRequired]
    [JsonPropertyOrder(-1)]
    internal int Schema { get; init; } = CurrentSchema;
}
