using System.Text.Json.Serialization;
using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>What a run gave, as <c>summary.json</c> holds it. What was not measured is null.</summary>
public sealed record RunSummary
{
    /// <summary>The version of the form in which summaries are written.</summary>
    internal const int CurrentSchema = 1;

    private readonly IReadOnlyList<RunStepTime>? stepTimes;

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>The data set.</summary>
    public required string Data { get; init; }

    /// <summary>The policy, or the criterion and the rule.</summary>
    public required string Policy { get; init; }

    /// <summary>The seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The device, in words.</summary>
    public required string Device { get; init; }

    /// <summary>Threads of the device, 1 where it has none of its own.</summary>
    public required int Threads { get; init; }

    /// <summary>What activations were kept in between the forward and the backward pass; null: float32.</summary>
    public string? Activations { get; init; }

    /// <summary>What frozen weights were kept in; null: float32.</summary>
    public string? FrozenWeights { get; init; }

    /// <summary>Bytes of the weights on the device at the end, rounded ones in two each; null: an older version has not said.</summary>
    public long? WeightBytes { get; init; }

    /// <summary>What repeating of recorded steps did; null: no step was recorded, as on a CPU.</summary>
    public RunGraphs? Graphs { get; init; }

    /// <summary>Ranks that trained together, of which operations, bytes and times are the first one's; null: there was one.</summary>
    public int? Ranks { get; init; }

    /// <summary>Epochs that were finished.</summary>
    public required int Epochs { get; init; }

    /// <summary>Steps that were taken.</summary>
    public required int Steps { get; init; }

    /// <summary>Steps that the run was to take: more than <see cref="Steps"/> where it was ended, or its rule or an early stop has ended it. Null: an older version has not said.</summary>
    public int? TotalSteps { get; init; }

    /// <summary>Whether the run was asked to end early.</summary>
    public required bool Cancelled { get; init; }

    /// <summary>What stopped the run; null: nothing did.</summary>
    public required string? Failure { get; init; }

    /// <summary>Why the run ended before its last epoch; null: it did not.</summary>
    public string? StoppedEarly { get; init; }

    /// <summary>Whether the last training losses were no better than guessing.</summary>
    public bool AtChance { get; init; }

    /// <summary>The task's primary metric.</summary>
    public string Primary { get; init; } = RunFiles.Accuracy;

    /// <summary>The best value of the primary metric on validation data.</summary>
    public double? BestValidation { get; init; }

    /// <summary>The primary metric, on test data, of the weights that were best on validation data.</summary>
    public double? TestAtBestValidation { get; init; }

    /// <summary>Accuracy of the final weights on test data; null also where the primary metric is another.</summary>
    public required double? TestAccuracy { get; init; }

    /// <summary>The numbers that the metrics gave for the final weights on test data.</summary>
    public required Dictionary<string, double?> Test { get; init; }

    /// <summary>The files with the metrics' tables.</summary>
    public required IReadOnlyList<string> Tables { get; init; }

    /// <summary>The best accuracy on validation data.</summary>
    public required double? BestValidationAccuracy { get; init; }

    /// <summary>Test accuracy of the weights that were best on validation data.</summary>
    public required double? TestAccuracyAtBestValidation { get; init; }

    /// <summary>The mean training loss of the last epoch.</summary>
    public required double? FinalTrainLoss { get; init; }

    /// <summary>Where the time went.</summary>
    public required RunSeconds Seconds { get; init; }

    /// <summary>Operations of training.</summary>
    public required RunWork Flops { get; init; }

    /// <summary>What the same steps would have taken with nothing frozen.</summary>
    public required RunWork FullTrainingFlops { get; init; }

    /// <summary>Bytes of training.</summary>
    public required RunWork Bytes { get; init; }

    /// <summary>What the same steps would have moved with nothing frozen.</summary>
    public required RunWork FullTrainingBytes { get; init; }

    /// <summary>Operations outside of training.</summary>
    public required RunOutside OutsideTrainingFlops { get; init; }

    /// <summary>Bytes outside of training.</summary>
    public required RunOutside OutsideTrainingBytes { get; init; }

    /// <summary>What freezing saved.</summary>
    public required RunSaved Saved { get; init; }

    /// <summary>What each change of what is frozen was predicted to make of a step's time, and what it made of it.</summary>
    public IReadOnlyList<RunStepTime> StepTimes
    {
        // Older summaries have none.
        get => stepTimes ?? [];
        init => stepTimes = value;
    }

    /// <summary>What the forward caches did; null: there were none.</summary>
    public CacheReport? Cache { get; init; }

    /// <summary>Memory.</summary>
    public required RunPeakBytes PeakBytes { get; init; }

    /// <summary>How many decisions there were.</summary>
    public required int Decisions { get; init; }

    /// <summary>What the freezes that stand at the end were expected to cost, in the loss's unit; null: no rule has said.</summary>
    public double? ExpectedLoss { get; init; }

    /// <summary>Which form was read.</summary>
    [JsonInclude]
    [JsonRequired]
    [JsonPropertyOrder(-1)]
    internal int Schema { get; init; } = CurrentSchema;

    /// <summary>Operations of full training, of all steps that the run was to take; 0: no step was taken.</summary>
    internal double FullRunFlops => Steps == 0 ? 0 : (double)FullTrainingFlops.Total / Steps * (TotalSteps ?? Steps);

    /// <summary>The summary of a result.</summary>
    public static RunSummary Of(RunResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        FreezeLedger ledger = result.Ledger;
        return new RunSummary
        {
            Model = result.Settings.Model,
            Data = result.Settings.Data,
            Policy = result.Settings.PolicyText,
            Seed = result.Settings.Seed,
            Device = result.Device,
            Threads = result.Threads,
            Activations = result.Settings.Activations is "float32" ? null : result.Settings.Activations,
            FrozenWeights = result.Settings.FrozenWeights is "float32" ? null : result.Settings.FrozenWeights,
            WeightBytes = result.WeightBytes,
            Graphs = result.Graphs,
            Ranks = result.Ranks > 1 ? result.Ranks : null,
            Epochs = result.Epochs,
            Steps = result.Steps,
            TotalSteps = result.TotalSteps,
            Cancelled = result.IsCancelled,
            Failure = result.Failure?.ToString(),
            StoppedEarly = result.StoppedEarly,
            AtChance = result.AtChance is not null,
            Primary = result.Primary,
            BestValidation = Finite(result.BestValidation),
            TestAtBestValidation = Finite(result.TestAtBestValidation),
            TestAccuracy = Finite(result.TestAccuracy),
            Test = result.TestMetrics.ToDictionary(metric => metric.Name, metric => Finite(metric.Value), StringComparer.Ordinal),
            Tables = [.. result.TestTables.Select(table => RunFiles.TableOf(table.Name))],
            BestValidationAccuracy = Finite(result.BestValidationAccuracy),
            TestAccuracyAtBestValidation = Finite(result.TestAccuracyAtBestValidation),
            FinalTrainLoss = Finite(result.FinalTrainLoss),
            Seconds = result.Seconds,
            Flops = RunWork.Of(ledger.Done, ledger.Done(), cost => cost.Flops),
            FullTrainingFlops = RunWork.Of(ledger.Full, ledger.Full(), cost => cost.Flops),
            Bytes = RunWork.Of(ledger.Done, ledger.Done(), cost => cost.Bytes),
            FullTrainingBytes = RunWork.Of(ledger.Full, ledger.Full(), cost => cost.Bytes),
            OutsideTrainingFlops = RunOutside.Of(ledger, cost => cost.Flops),
            OutsideTrainingBytes = RunOutside.Of(ledger, cost => cost.Bytes),
            Saved = new RunSaved(Finite(ledger.SavedBackward), Finite(ledger.SavedTotal)),
            StepTimes = [.. result.Savings.Select(RunStepTime.Of)],
            Cache = result.Cache,
            PeakBytes = result.PeakBytes,
            Decisions = result.Decisions.Count,
            ExpectedLoss = result.Decisions.ExpectedLoss(),
        };
    }

    /// <summary>JSON has neither infinity nor NaN.</summary>
    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
