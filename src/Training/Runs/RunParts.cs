using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>What a run is made of, resolved from its settings. Everything that can be wrong with them is found here, before anything is written.</summary>
public sealed class RunParts : IDisposable
{
    private readonly bool ownsDevice;
    private readonly ModelSpec spec;

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
        // The default names what classification measures anyway; another task has its own.
        IReadOnlyList<IMetric> metrics = settings.Metrics == MetricCatalogue.Default ? [] : MetricCatalogue.Parse(settings.Metrics, catalogues.Metrics);
        ITask? task = settings.Task is { } named ? catalogues.Tasks.Create(named) : null;
        RunUnits.Check(settings.Units);
        if (settings.Replay is { } run)
        {
            DecisionRecord record = DecisionRecord.ReadRun(run, evenFailed: true);
            policy = policy.Replaying(settings.Fork is { } fork ? record.Forked(ForkSpec.Parse(fork)) : record);
        }
        else if (settings.Fork is { } fork) throw new ArgumentException($"fork '{fork}' needs a run that is replayed: without one there is nothing to do differently.");
        DataSplits splits = HostDatasets.Load(settings.Data, catalogues.Data, catalogues.Texts, model.TokenizerFolder is { } folder ? () => TextTokenizers.Open(folder) : null);
        return new RunParts(device, settings, model, policy, optimizer, schedule, splits, augmentation, metrics, task);
    }

    /// <summary>Puts resolved parts together on the settings' device. The settings' texts are not read again: without an augmentation there is none, without a task it is that of the data, whose metrics are always measured.</summary>
    /// <exception cref="ShapeException">The samples do not fit the model or the augmentation.</exception>
    public RunParts(
        RunSettings settings, ModelSpec model, Policy policy, Func<ModuleBase, Schedule, Optimizer> optimizer, Func<float, int, Schedule> schedule, DataSplits splits,
        Augmentation? augmentation = null, IReadOnlyList<IMetric>? metrics = null, ITask? task = null)
        : this(null, settings, model, policy, optimizer, schedule, splits, augmentation, metrics, task)
    {
    }

    /// <summary>The same on a device that is there, which stays the caller's: several runs share its compiled kernels. Null: on the settings' device.</summary>
    internal RunParts(
        Device? device, RunSettings settings, ModelSpec model, Policy policy, Func<ModuleBase, Schedule, Optimizer> optimizer, Func<float, int, Schedule> schedule, DataSplits splits,
        Augmentation? augmentation, IReadOnlyList<IMetric>? metrics, ITask? task = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(optimizer);
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentNullException.ThrowIfNull(splits);
        Settings = settings;
        Policy = policy;
        Task = task ?? Tasks.Of(splits);
        splits = Task.Prepare(splits);
        Metrics = [.. Task.Metrics, .. MetricCatalogue.OfData(splits, Task).Where(own => metrics?.Any(asked => asked.Name == own.Name) != true), .. (metrics ?? []).Where(metric => metric.Name != "loss" && !Task.Metrics.Any(own => own.Name == metric.Name && own.GetType() == metric.GetType()))];
        CheckNames(Metrics);
        Training.Metrics.CheckKinds(splits.Train, Metrics);
        EarlyStop = settings.EarlyStop is { } stop ? Training.EarlyStop.Parse(stop, Metrics, Task.Primary) : null;
        spec = model;
        ownsDevice = device is null;
        Device = device ?? Devices.Create(settings.Device, settings.Threads, precision: Precisions.Parse(settings.Precision));
        try
        {
            DataRemarks = [.. splits.Reading is { } reading ? [$"{splits.Name}: {reading}"] : Array.Empty<string>(), .. splits.Remarks];
            Data = DataSets.On(splits, Device, settings.Seed, augmentation);
            if (Task is Classification && splits.Train.ClassCount == 1) DataRemarks = [.. DataRemarks, $"{splits.Name}: there is one class, so nothing can be learned"];
            if (Data.Train.Host.IsTokens) DataRemarks = [.. DataRemarks, Padding(Data.Train, settings.BatchSize)];
            StepsAnEpoch = ((Data.Train.BatchCount(settings.BatchSize) - 1) / settings.Accumulate) + 1;
            long steps = settings.Steps ?? (long)settings.Epochs * StepsAnEpoch;
            if (steps > int.MaxValue) throw new ArgumentException($"Training: {settings.Epochs} epochs of {StepsAnEpoch} steps are more than {int.MaxValue} steps.");
            TotalSteps = (int)steps;
            Epochs = ((TotalSteps - 1) / StepsAnEpoch) + 1;
            Schedule rates = (policy.Schedule ?? schedule)(settings.LearningRate, TotalSteps);
            Model = model.On(Device, Data.Train.SampleShape, Data.Train.OutputCount, settings.Seed, TokensOf(splits));
            StartedFrom = model.Origin?.Invoke(Model);
            if (settings.From is { } from) StartedFrom = StartWeights.Load(Model, from, settings.FromStrict, settings.FromLayout, Data.Train.SampleShape, settings.Reset?.Split(',') ?? []);
            else if (settings.FromStrict || settings.Reset is not null || settings.FromLayout is not null) throw new ArgumentException($"{(settings.FromStrict ? "--from-strict" : settings.Reset is not null ? "--reset" : "--from-layout")} has no effect without --from.");
            Optimizer = optimizer(Model, rates);
            Optimizer.FrozenPrecision = Precisions.ParseFrozen(settings.FrozenWeights);
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

    /// <summary>How the data were read, and what was guessed, a line each: what somebody should see who trains on them.</summary>
    public IReadOnlyList<string> DataRemarks { get; }

    /// <summary>What somebody should see who trains with the policy, a line each: an option that it stands in for, units other than it was published for, what makes it differ when it goes on, a tied head that it may freeze.</summary>
    public IReadOnlyList<string> PolicyRemarks
    {
        get
        {
            var remarks = new List<string>();
            string units = Settings.Units.Split(':')[0];
            if (Policy.Method?.Card is { } card)
            {
                if (Policy.Schedule is not null) remarks.Add($"{card.Name} stands in for the schedule '{Settings.Schedule}': {card.Schedule}");
                if (card.Units is not null && card.Units != units) remarks.Add($"{card.Name} was published for units by {card.Units}, and here they are by {units}: --units {card.Units}");
            }
            if (Policy.Rule is Never) return remarks;
            if (ReadsClock() is { } reads) remarks.Add($"{reads}, so that a run that is made again or goes on from a checkpoint may freeze otherwise; --replay repeats its freezes exactly");
            if (CacheSpec.Parse(Settings.Cache) is { IsHalf: true }) remarks.Add("a cache of float16 rounds what is read and not what is computed, so that a run that goes on from a checkpoint has other last bits");
            foreach (FreezeUnit tied in FreezeUnit.Of(Model, RunUnits.Of(this)).Where(unit => unit.TiedHead is not null))
                remarks.Add($"'{tied.Path}' is one unit by its tied weights, and so no head: a rule that does not spare embeddings may freeze it; --units {units}:head={tied.TiedHead} keeps it in training");
            return remarks;
        }
    }

    /// <summary>What makes decisions depend on the clock; null: nothing does.</summary>
    private string? ReadsClock()
    {
        if (Settings.Replay is not null) return null;
        return DynamicFreeze.Policy.Unfiltered(Policy.Rule) switch
        {
            RunBudget { Measure: BudgetMeasure.Seconds } => "a budget of seconds is kept by measured times",
            RunBudget when CacheSpec.Parse(Settings.Cache) is not null => "operations depend on what the cache has kept, and that on measured times and on where a run was stopped",
            _ => Policy.Options(TotalSteps).Paying ? "what pays is found by measured times" : null,
        };
    }

    /// <summary>The model, with its start values.</summary>
    public ModuleBase Model { get; }

    /// <summary>What is learned.</summary>
    public ITask Task { get; }

    /// <summary>What was taken from the weights that the run starts from, in one line; null: all is drawn.</summary>
    public string? StartedFrom { get; }

    /// <summary>The optimizer.</summary>
    public Optimizer Optimizer { get; }

    /// <summary>The freezing policy.</summary>
    public Policy Policy { get; }

    /// <summary>What is measured: the task's metrics, the loss first, then those of the data (<see cref="DataSplits.Metrics"/>), and what else was asked for.</summary>
    public IReadOnlyList<IMetric> Metrics { get; }

    /// <summary>What ends the run before its last epoch; null: nothing.</summary>
    public EarlyStop? EarlyStop { get; }

    /// <summary>Steps in an epoch.</summary>
    public int StepsAnEpoch { get; }

    /// <summary>Steps in the run.</summary>
    public int TotalSteps { get; }

    /// <summary>Epochs in the run; of the last one only a part where <see cref="RunSettings.Steps"/> says so.</summary>
    public int Epochs { get; }

    /// <summary>What is to be kept of a pretrained model's folder.</summary>
    internal string? ModelConfig => spec.Kept;

    /// <summary>The model's outputs for a batch.</summary>
    public Tensor Forward(Batch batch) => spec.Forward(Model, batch);

    /// <summary>Whether its model's own forward pass, in stages perhaps, is what <see cref="Forward"/> runs.</summary>
    internal bool IsStaged => spec.Forward == ModelSpec.OfBatch;

    /// <summary>The mean loss over a batch's samples.</summary>
    public Tensor Loss(Batch batch) => Task.Loss(Forward(batch), batch);

    /// <summary>Null: samples are values.</summary>
    private static TokenFormat? TokensOf(DataSplits splits) =>
        splits.Train.IsTokens ? new TokenFormat(splits.Train.VocabularySize, ((HostDataSet[])[splits.Train, splits.Validation, splits.Test]).Max(part => part.SampleShape[0]), splits.Train.TokenClassCount) : null;

    private static string Padding(DataSet train, int batchSize)
    {
        int[] lengths = [.. Enumerable.Range(0, train.Count).Select(train.Host.LengthOf)];
        return FormattableString.Invariant($"training samples of {lengths.Min()} to {lengths.Max()} tokens, {lengths.Average():0.0} in the mean; {100 * train.PaddingShare(batchSize, 1):0.0} % of the first epoch's batches is padding");
    }

    /// <summary>Files and their columns are named after metrics: what cannot be written is found before hours of training.</summary>
    private static void CheckNames(IReadOnlyList<IMetric> metrics)
    {
        foreach (IMetric metric in metrics)
        {
            if (string.IsNullOrWhiteSpace(metric.Name) || metric.Name.AsSpan().ContainsAny(Path.GetInvalidFileNameChars()))
                throw new ArgumentException($"Metric '{metric.Name}' cannot be named so: a file or a column is named after it.");
            if (metrics.Count(other => other.Name == metric.Name) > 1) throw new ArgumentException($"Metric '{metric.Name}' is there twice.");
        }
    }

    /// <summary>Releases everything.</summary>
    public void Dispose()
    {
        Optimizer.Dispose();
        Model.Dispose();
        if (ownsDevice) Device.Dispose();
    }
}
