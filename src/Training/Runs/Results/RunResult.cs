using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>What a run gave.</summary>
public sealed record RunResult
{
    /// <summary>The settings.</summary>
    public required RunSettings Settings { get; init; }

    /// <summary>The device, in words.</summary>
    public required string Device { get; init; }

    /// <summary>Threads of the device, 1 where it has none of its own.</summary>
    public required int Threads { get; init; }

    /// <summary>Ranks that trained together. Operations, bytes and times are the first one's.</summary>
    public int Ranks { get; init; } = 1;

    /// <summary>Epochs that were finished.</summary>
    public required int Epochs { get; init; }

    /// <summary>Steps that were taken.</summary>
    public required int Steps { get; init; }

    /// <summary>Steps that it was to take; it takes fewer where it is ended, or its rule or <see cref="RunSettings.EarlyStop"/> ends it.</summary>
    public int TotalSteps { get; init; }

    /// <summary>Whether the run was asked to end early.</summary>
    public required bool IsCancelled { get; init; }

    /// <summary>What stopped the run, if a number was not finite.</summary>
    public required NonFinite? Failure { get; init; }

    /// <summary>Why the run ended before its last epoch by <see cref="RunSettings.EarlyStop"/>; null: it did not.</summary>
    public string? StoppedEarly { get; init; }

    /// <summary>What to say where the last losses were no better than guessing; null: they were.</summary>
    public string? AtChance { get; init; }

    /// <summary>The task's primary metric: the one that says which weights are best.</summary>
    public string Primary { get; init; } = RunFiles.Accuracy;

    /// <summary>The primary metric of the final weights on test data; NaN where the run did not get there.</summary>
    public double TestPrimary { get; init; } = double.NaN;

    /// <summary>The best value of the primary metric on validation data; NaN before the first epoch's end.</summary>
    public double BestValidation { get; init; } = double.NaN;

    /// <summary>The primary metric, on test data, of the weights that were best on validation data.</summary>
    public double TestAtBestValidation { get; init; } = double.NaN;

    /// <summary>Accuracy of the final weights on test data; NaN where the run did not get there, or where its primary metric is another.</summary>
    public required double TestAccuracy { get; init; }

    /// <summary>The numbers that the metrics gave for the final weights on test data, in their order; none where the run did not get there.</summary>
    public IReadOnlyList<NamedValue> TestMetrics { get; init; } = [];

    /// <summary>The tables that the metrics gave for the final weights on test data.</summary>
    public IReadOnlyList<NamedTable> TestTables { get; init; } = [];

    /// <summary>The best accuracy on validation data; NaN before the first epoch's end.</summary>
    public required double BestValidationAccuracy { get; init; }

    /// <summary>Test accuracy of the weights that were best on validation data.</summary>
    public required double TestAccuracyAtBestValidation { get; init; }

    /// <summary>The mean training loss of the last epoch.</summary>
    public required double FinalTrainLoss { get; init; }

    /// <summary>Where the time went.</summary>
    public required RunSeconds Seconds { get; init; }

    /// <summary>What each change of what is frozen was predicted to save of a step's time, and what it saved.</summary>
    public IReadOnlyList<StepSaving> Savings { get; init; } = [];

    /// <summary>Bytes of the weights on the device at the end.</summary>
    public long WeightBytes { get; init; }

    /// <summary>Those of them that are kept in bfloat16.</summary>
    public long PackedWeightBytes { get; init; }

    /// <summary>What recording of steps did; null: no step was recorded, as on a CPU.</summary>
    public RunGraphs? Graphs { get; init; }

    /// <summary>What came of a budget for the whole run; null: there was none, or the run did not end.</summary>
    public BudgetOutcome? Budget { get; init; }

    /// <summary>What the forward caches of training and validation samples did; null: there were none.</summary>
    public CacheReport? Cache { get; init; }

    /// <summary>The path of the stage whose output was kept at the end; null: none was.</summary>
    public string? CachedUpTo { get; init; }

    /// <summary>Memory.</summary>
    public required RunPeakBytes PeakBytes { get; init; }

    /// <summary>Work done and saved.</summary>
    public required FreezeLedger Ledger { get; init; }

    /// <summary>Every freeze and thaw.</summary>
    public required IReadOnlyList<DecisionEntry> Decisions { get; init; }
}
