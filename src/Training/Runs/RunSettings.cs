using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

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

    /// <summary>How the model is divided into units: <c>block</c>, <c>module</c>, <c>tensor</c>, or <c>traced</c>: at the boundaries of its graph.</summary>
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

/// <summary>What a run is made of, resolved from its settings. Everything that can be wrong with them is found here, before anything is written.</summary>
public sealed class RunParts : IDisposable
{
    private readonly bool ownsDevice;

    /// <summary>Resolves the settings with the built-in catalogues.</summary>
    public static RunParts Resolve(RunSettings settings) => Resolve(settings, new RunCatalogues());

    /// <summary>Resolves the settings.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="catalogues">What the names in them mean.</param>
    /// <param name="device">A device that is there, which stays the caller's; null: the settings'.</param>
    /// <exception cref="ArgumentException">A spec, a device or a shape is wrong.</exception>
    /// <exception cref="IOException">The data cannot be read.</exception>
    /// <exception cref="DeviceUnavailableException">The device does not work here.</exception>
    public static RunParts Resolve(RunSettings settings, RunCatalogues catalogues, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(catalogues);
        ModelSpec model = catalogues.Models.Create(settings.Model);
        Policy policy = Policies.Of(settings, catalogues);
        Func<ModuleBase, Schedule, Optimizer> optimizer = catalogues.Optimizers.Create(settings.Optimizer);
        Func<float, int, Schedule> schedule = catalogues.Schedules.Create(settings.Schedule);
        Augmentation? augmentation = Augmentations.Parse(settings.Augment, catalogues.Augmentations);
        IReadOnlyList<IMetric> metrics = MetricCatalogue.Parse(settings.Metrics, catalogues.Metrics);
        RunUnits.Check(settings.Units);
        if (settings.Replay is { } run) policy = policy.Replaying(DecisionRecord.Read(Path.Combine(run, "decisions.jsonl")));
        DataSplits splits = HostDatasets.Load(settings.Data, catalogues.Data);
        return new RunParts(device, settings, model, policy, optimizer, schedule, splits, augmentation, metrics);
    }

    /// <summary>Puts resolved parts together on the settings' device. The settings' texts are not read again: without an augmentation there is none, and loss and accuracy are always measured.</summary>
    /// <exception cref="ShapeException">The samples do not fit the model or the augmentation.</exception>
    public RunParts(
        RunSettings settings, ModelSpec model, Policy policy, Func<ModuleBase, Schedule, Optimizer> optimizer, Func<float, int, Schedule> schedule, DataSplits splits,
        Augmentation? augmentation = null, IReadOnlyList<IMetric>? metrics = null)
        : this(null, settings, model, policy, optimizer, schedule, splits, augmentation, metrics)
    {
    }

    /// <summary>The same on a device that is there, which stays the caller's: several runs share its compiled kernels. Null: on the settings' device.</summary>
    internal RunParts(
        Device? device, RunSettings settings, ModelSpec model, Policy policy, Func<ModuleBase, Schedule, Optimizer> optimizer, Func<float, int, Schedule> schedule, DataSplits splits,
        Augmentation? augmentation, IReadOnlyList<IMetric>? metrics)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(optimizer);
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentNullException.ThrowIfNull(splits);
        Settings = settings;
        Policy = policy;
        Metrics = [new LossMetric(), new AccuracyMetric(), .. (metrics ?? []).Where(metric => metric is not (LossMetric or AccuracyMetric))];
        ownsDevice = device is null;
        Device = device ?? Devices.Create(settings.Device, settings.Threads);
        try
        {
            Data = DataSets.On(splits, Device, settings.Seed, augmentation);
            StepsAnEpoch = ((Data.Train.BatchCount(settings.BatchSize) - 1) / settings.Accumulate) + 1;
            long steps = (long)settings.Epochs * StepsAnEpoch;
            if (steps > int.MaxValue) throw new ArgumentException($"Training: {settings.Epochs} epochs of {StepsAnEpoch} steps are more than {int.MaxValue} steps.");
            TotalSteps = (int)steps;
            Model = model.On(Device, Data.Train.SampleShape, Data.Train.ClassCount, settings.Seed);
            Optimizer = optimizer(Model, schedule(settings.LearningRate, TotalSteps));
        }
        catch
        {
            Model?.Dispose();
            if (ownsDevice) Device.Dispose();
            throw;
        }
    }

    /// <summary>The settings.</summary>
    public RunSettings Settings { get; }

    /// <summary>The device.</summary>
    public Device Device { get; }

    /// <summary>The data on the device.</summary>
    public DataSets Data { get; }

    /// <summary>The model, with its start values.</summary>
    public Sequential Model { get; }

    /// <summary>The optimizer.</summary>
    public Optimizer Optimizer { get; }

    /// <summary>The freezing policy.</summary>
    public Policy Policy { get; }

    /// <summary>What is measured: loss, accuracy, and then what else was asked for.</summary>
    public IReadOnlyList<IMetric> Metrics { get; }

    /// <summary>Steps in an epoch.</summary>
    public int StepsAnEpoch { get; }

    /// <summary>Steps in the run.</summary>
    public int TotalSteps { get; }

    /// <summary>Releases everything.</summary>
    public void Dispose()
    {
        Optimizer.Dispose();
        Model.Dispose();
        if (ownsDevice) Device.Dispose();
    }
}

/// <summary>The names that settings may use.</summary>
public sealed class RunCatalogues
{
    /// <summary>The built-in names.</summary>
    public RunCatalogues()
    {
        Policies = Training.Policies.Catalogue(Criteria);
    }

    /// <summary>Data sets: functions that load them.</summary>
    public Catalogue<Func<DataSplits>> Data { get; } = HostDatasets.Catalogue();

    /// <summary>Augmentations of training images.</summary>
    public Catalogue<IAugmentation> Augmentations { get; } = ResearchFreeze.Data.Augmentations.Catalogue();

    /// <summary>Metrics.</summary>
    public Catalogue<IMetric> Metrics { get; } = MetricCatalogue.Catalogue();

    /// <summary>Models.</summary>
    public Catalogue<ModelSpec> Models { get; } = Training.Models.Catalogue();

    /// <summary>Criteria.</summary>
    public Catalogue<ICriterion> Criteria { get; } = Training.Policies.Criteria();

    /// <summary>Rules.</summary>
    public Catalogue<IFreezeRule> Rules { get; } = Training.Rules.Catalogue();

    /// <summary>What a rule's decisions can go through.</summary>
    public Catalogue<IDecisionFilter> Filters { get; } = Training.Rules.Filters();

    /// <summary>Policies.</summary>
    public Catalogue<Policy> Policies { get; }

    /// <summary>Optimizers.</summary>
    public Catalogue<Func<ModuleBase, Schedule, Optimizer>> Optimizers { get; } = Training.Optimizers.Catalogue();

    /// <summary>Schedules.</summary>
    public Catalogue<Func<float, int, Schedule>> Schedules { get; } = Training.Optimizers.Schedules();
}
