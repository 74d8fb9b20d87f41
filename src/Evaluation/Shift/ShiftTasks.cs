using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>
/// A network made on clean images is adapted to a shift: a rule that freezes from the input on should refuse or thaw where the first layers must move (Lee et al. 2023 find that shifts of the input want the first
/// layers and shifts of the labels the last). Weights made on clean images are made once a seed and shared.
/// </summary>
public sealed class ShiftTasks
{
    private readonly ShiftSettings settings;
    private readonly DataSplits clean;
    private readonly Device? device;
    private readonly RunCatalogues catalogues = new();
    private readonly Dictionary<(ulong Seed, int Classes), float[][]> weights = [];

    /// <summary>Tasks on a part of a set of grey images.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="data">The images.</param>
    /// <param name="device">A device that is there, which stays the caller's: all runs share its compiled kernels. Null: each run opens the settings'.</param>
    /// <exception cref="ArgumentException">The model does not fit.</exception>
    public ShiftTasks(ShiftSettings settings, DataSplits data, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(data);
        this.settings = settings;
        this.device = device;
        clean = ShiftedData.Few(data, settings.Images);
        using RunParts parts = Parts(clean, Static(0), 1, 0);
        IReadOnlyList<FreezeUnit> units = FreezeUnit.Of(parts.Model);
        if (!units.Any(unit => unit.IsHead)) throw new ArgumentException($"Shift tasks: model '{settings.Model}' has no head: it needs at least two units, found {units.Count}.");
        Units = units.Count;
    }

    /// <summary>Units of the model, the head among them.</summary>
    public int Units { get; }

    /// <summary>Adapts with a policy.</summary>
    /// <param name="shift">What changes.</param>
    /// <param name="policy">The policy, new for this run.</param>
    /// <param name="seed">Keys start values and the order of the data.</param>
    public ShiftRun Run(Shift shift, Policy policy, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(policy);
        DataSplits before = ShiftedData.Before(clean, shift);
        if (!weights.TryGetValue((seed, before.ClassCount), out float[][]? start)) weights.Add((seed, before.ClassCount), start = Pretrain(before, seed));
        using RunParts parts = Parts(ShiftedData.After(clean, shift, seed), policy, settings.Epochs, seed);
        HashSet<Parameter> heads = [.. FreezeUnit.Of(parts.Model).Where(unit => unit.IsHead).SelectMany(unit => unit.Parameters)];
        Parameter[] parameters = [.. parts.Model.Parameters()];
        for (int i = 0; i < parameters.Length; i++)
        {
            // New classes have a new head: that of the others says nothing about them.
            if (shift == Shift.NewClasses && heads.Contains(parameters[i])) continue;
            parts.Device.Upload(start[i], parameters[i].Value.Range);
        }
        Trainer.CheckPolicy(parts);
        RunResult result = new Trainer(parts).Run();
        if (result.Failure is { } failure) throw new InvalidOperationException($"Shift task {shift}, seed {seed}: {failure}.");
        return new ShiftRun(shift, seed, result.TestAccuracy, Prefix(result.Decisions), result.Decisions);
    }

    /// <summary>Adapts with the first units frozen from the start and all others training.</summary>
    /// <exception cref="ArgumentException">There are not so many units before the head.</exception>
    public ShiftRun RunStatic(Shift shift, int frozen, ulong seed) => Run(shift, Static(frozen), seed);

    private static Policy Static(int frozen) => new(new WeightChange(), new Static(frozen), _ => FreezeOptions.WithoutTriggers);

    private static int Prefix(IReadOnlyList<DecisionEntry> decisions)
    {
        Dictionary<int, int> frozen = CriterionScore.FrozenSince(decisions);
        int count = 0;
        while (frozen.ContainsKey(count)) count++;
        return count;
    }

    private float[][] Pretrain(DataSplits before, ulong seed)
    {
        using RunParts parts = Parts(before, Static(0), settings.PretrainingEpochs, seed);
        RunResult result = new Trainer(parts).Run();
        if (result.Failure is { } failure) throw new InvalidOperationException($"Shift task on clean images, seed {seed}: {failure}.");
        return [.. parts.Model.Parameters().Select(parameter => parameter.Value.ToArray())];
    }

    private RunParts Parts(DataSplits data, Policy policy, int epochs, ulong seed)
    {
        var run = new RunSettings
        {
            Model = settings.Model,
            Device = settings.Device,
            Threads = settings.Threads,
            Epochs = epochs,
            BatchSize = settings.BatchSize,
            LearningRate = settings.LearningRate,
            Seed = seed,
        };
        return new RunParts(device, run, catalogues.Models.Create(run.Model), policy, catalogues.Optimizers.Create("sgd:momentum=0.9"), catalogues.Schedules.Create("cosine"), data, null, null);
    }
}
