using System.Diagnostics;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>
/// Trains a model with a freezing policy. Decisions see validation data only; test data is read once, at the end. A cancelled run ends after the step it is in. A step with a number that is
/// not finite updates nothing, is run again with checks that name the unit, and ends the run. What a run is at between two steps is its state: a trainer that has loaded it goes on bit for bit.
/// </summary>
public sealed partial class Trainer
{
    private readonly RunParts parts;
    private readonly RunLog? log;
    private readonly IRunObserver? observer;
    private readonly FreezeController freeze;
    private readonly ProbeBatch? probe;
    private readonly RunCheckpoints? checkpoints;
    private readonly RunCache? cache;
    private readonly Replica? replica;
    private readonly PhaseClock clock = new();
    private readonly TrainingProgress progress = new();
    private readonly TensorCopy best;
    private readonly WeightAverage? average;
    private readonly int logEvery;
    private readonly ChanceWatch chance;
    private readonly int primary;

    // The task's, the loss first, and then what else was asked for.
    private readonly IReadOnlyList<IMetric> all;
    private readonly IReadOnlyList<IMetric> scalars;
    private bool isCancelled;
    private string? stoppedEarly;
    private NonFinite? failure;

    /// <summary>A trainer for one run.</summary>
    /// <param name="parts">What is trained, on what, how.</param>
    /// <param name="log">Where metrics and decisions go.</param>
    /// <param name="observer">Who watches.</param>
    /// <param name="checkpoints">Where its state is written while it runs; null: nowhere.</param>
    /// <param name="communicator">The ranks of a data-parallel run, each with a trainer of the same settings on a device of its own; null: there is one. It stays the caller's. What is written is the first rank's: give the others no log and no checkpoints.</param>
    /// <exception cref="ArgumentException">Something in the settings does not work with several ranks, or with ordered sums.</exception>
    public Trainer(RunParts parts, RunLog? log = null, IRunObserver? observer = null, RunCheckpoints? checkpoints = null, ICommunicator? communicator = null)
    {
        ArgumentNullException.ThrowIfNull(parts);
        ParallelLimits.Check(parts, communicator);
        this.parts = parts;
        this.log = log;
        this.observer = observer;
        this.checkpoints = checkpoints;
        FreezeOptions options = OptionsOf(parts);
        probe = RunUnits.ProbeOf(parts, options);
        freeze = new FreezeController(parts.Model, parts.Optimizer, parts.Policy.Criterion, parts.Policy.Rule, log, options, parts.Settings.Seed, probe);
        all = [.. parts.Metrics.Select(metric => new WatchedMetric(metric, parts))];
        scalars = [.. all.Where(metric => !metric.IsTable)];
        logEvery = Math.Max(1, parts.StepsAnEpoch / 4);
        chance = new ChanceWatch(parts.Task.Guessing(parts.Data.Train.Host), parts.TotalSteps);
        primary = scalars.Select((metric, i) => (metric.Name, i)).First(pair => pair.Name == parts.Task.Primary.Name).i;
        best = TensorCopy.Of(parts.Model);
        average = parts.Settings.WeightAverage is { } decay ? new WeightAverage(parts.Model, decay) : null;
        replica = Replica.Of(parts, communicator);
        freeze.Communicator = communicator;
        RunCache.Check(parts);
        cache = RunCache.Of(parts, line => observer?.Said(line));
    }

    /// <summary>The controller of the run.</summary>
    public FreezeController Freeze => freeze;

    /// <summary>
    /// Trains, evaluates, and releases the controller. What a part of the run throws (its model, its criterion, a metric) has a <see cref="PartFailure"/>; the weights after the last step, and the best, are then in the log's folder.
    /// </summary>
    public RunResult Run(CancellationToken cancellation = default)
    {
        using FreezeController controller = freeze;
        using ProbeBatch? looks = probe;
        using TensorCopy copy = best;
        using WeightAverage? weights = average;
        using RunCache? kept = cache;
        using Replica? rank = replica;
        Precision saved = KeepActivations(parts);
        StartGraphs();
        using StepGraphs? recorded = graphs;
        try
        {
            return Train(cancellation);
        }
        catch (Exception exception) when (PartFailure.Note(exception, PartAtWork(), parts.Optimizer.StepCount + (clock.Running is Phase.Controller or Phase.Evaluation or null ? 0 : 1)))
        {
            throw;
        }
        catch
        {
            SaveLastWeights();
            throw;
        }
        finally
        {
            parts.Device.SavedPrecision = saved;
        }
    }

    private RunResult Train(CancellationToken cancellation)
    {
        if (replica is { Communicator.Size: > 1 } ranks) RankAgreement.Check(parts, ranks.Communicator);
        log?.CutBack();
        if (log is not null && !isResumed) RunEnvironment.Of(parts.Device).Write(log.Folder);
        // A run that was killed may not have got there.
        if (log is not null && (!isResumed || !File.Exists(Path.Combine(log.Folder, RunFiles.Data)))) RunData.Write(log.Folder, parts.Data.Name, parts.Data.Train.Host, parts.ModelConfig);
        bool costsFirst = parts.Policy.Rule.NeedsCosts;
        KeepFrozen();
        if (!isResumed && costsFirst) MeasureFullStep();
        // Of a run that goes on this asks nobody anything; a fork does what it does at the step from which it goes on.
        freeze.Start();
        observer?.Started(parts, freeze);
        // A run that freezes before its first step would never show what full steps cost.
        if (!isResumed && !costsFirst && freeze.Units.Any(unit => unit.IsFrozen)) MeasureFullStep();
        // A measured full step is none of the run's.
        parts.Device.Counters.ResetPeaks();
        packedBefore = parts.Device.Counters.PackedResults;
        while (progress.Epoch <= parts.Epochs && !freeze.ShouldStop && stoppedEarly is null)
        {
            Epoch(cancellation);
            if (isCancelled || failure is not null) break;
            EndEpoch();
        }
        // It stays in the model: the last weights are its.
        average?.Keep();
        MetricValue[] test = [];
        double testAtBest = double.NaN;
        if (failure is null) (test, testAtBest) = clock.Time(Phase.Evaluation, Test);
        SaveBestWeights();
        // Weights that were exchanged to be measured. An average stays as it was measured.
        if (average is null) KeepFrozen();
        SayUnpacked();
        return Result(test, testAtBest);
    }

    /// <summary>No part of training: a run that goes on rounds again what a loaded state has as reals.</summary>
    private void KeepFrozen()
    {
        using CostScope booking = parts.Device.Counters.For(CostKind.Other);
        parts.Optimizer.KeepFrozen();
    }

    /// <summary>Validation: what it finds is logged, and shown to the controller.</summary>
    private void EndEpoch()
    {
        double[] found;
        double value;
        Better better = parts.Task.Primary.Better;
        using (average?.Use())
        {
            found = [.. clock.Time(Phase.Evaluation, Validate).Select(value => value.Scalar)];
            value = found[primary];
            // A first value is the best, also where it is NaN; a later one only if it is better.
            if (double.IsNaN(progress.BestValidation) || (better == Better.Higher ? value > progress.BestValidation : value < progress.BestValidation))
            {
                progress.BestValidation = value;
                best.Take();
            }
        }
        int epoch = progress.Epoch;
        progress.EndEpoch();
        float rate = parts.Optimizer.Schedule.Rate(parts.Optimizer.StepCount - 1);
        // Before the controller, which looks for a fall of the rate.
        parts.Optimizer.Schedule.Observe(parts.Optimizer.StepCount, value, better == Better.Higher);
        freeze.Observe("validation", value, better);
        // What a loss budget is a part of; no trigger goes by it.
        if (freeze.Options.RelativeLoss) freeze.Observe(FreezeOptions.LossName, found[scalars.ToList().FindIndex(metric => metric.Name == parts.Task.Metrics[0].Name)], Better.Lower, double.PositiveInfinity);
        if (parts.EarlyStop is { } stop) stoppedEarly = stop.Take(found[scalars.ToList().FindIndex(metric => metric.Name == stop.Metric)]);
        Log(epoch, rate, progress.EpochLoss, found);
    }

    private MetricValue[] Validate() => replica is null ? Validated() : replica.Shared(scalars.Count, Validated);

    private MetricValue[] Validated() => cache is null
        ? Metrics.Evaluate(parts.Model, parts.Forward, parts.Data.Validation, scalars)
        : Metrics.Evaluate(parts.Model, cache.Validate, parts.Data.Validation, cache.HasValidation, scalars);

    /// <summary>What is called in the clock's phase, where nothing within it is known by its own name.</summary>
    private string PartAtWork() => clock.Running switch
    {
        Phase.Forward => $"model '{parts.Settings.Model}'",
        Phase.Backward => $"the backward pass of model '{parts.Settings.Model}'",
        Phase.Repeated => $"a repeated step of model '{parts.Settings.Model}'",
        Phase.Optimizer => $"optimizer '{parts.Settings.Optimizer}'",
        Phase.Controller => $"the controller of policy '{parts.Settings.PolicyText}'",
        Phase.Data => $"data '{parts.Settings.Data}'",
        Phase.Communication => "the communication between ranks",
        Phase.Evaluation => "the evaluation",
        _ => "the run",
    };

    /// <summary>An epoch's steps, from where the run is in it.</summary>
    private void Epoch(CancellationToken cancellation)
    {
        int epoch = progress.Epoch;
        // Of an average that was exchanged: a forward cache keeps what comes of the weights as they are from now on.
        KeepFrozen();
        using IEnumerator<Batch> batches = replica is not null ? replica.Begin(epoch, progress.Batch) : parts.Data.Train.Batches(parts.Settings.BatchSize, epoch, progress.Batch, cache is null ? null : cache.HasTrain).GetEnumerator();
        cache?.Begin(epoch);
        int count = parts.Data.Train.BatchCount(parts.Settings.BatchSize), accumulate = parts.Settings.Accumulate;
        var weights = new BatchWeights(parts, epoch);
        // A number of steps may end the run within an epoch.
        while (parts.Optimizer.StepCount < parts.TotalSteps)
        {
            clock.Start(Phase.Data);
            bool more = replica is null ? batches.MoveNext() : progress.Batch < count;
            clock.Stop();
            if (!more) return;
            int index = progress.Batch++;
            bool isLast = (index + 1) % accumulate == 0 || index == count - 1;
            // The loss is read where that costs nothing, or when it is logged, or at the end of a run that ends before that: reading waits for the device.
            bool logs = isLast && (parts.Optimizer.StepCount + 1) % logEvery == 0, reads = logs || (isLast && progress.Losses == 0 && parts.Optimizer.StepCount + 1 == parts.TotalSteps);
            double? loss;
            int? halted = null;
            float rate = parts.Optimizer.LearningRate;
            double share = replica is null ? weights.ShareOf(index) : 1;
            if (graphs is not null && share != 0)
            {
                (loss, halted) = RepeatableStep(batches.Current, share, reads);
                if (loss is { } read) Take(read, weights.Of(index), parts.Optimizer.StepCount);
            }
            else
            {
                loss = replica is null ? Backward(batches.Current, share, reads || parts.Device.IsSynchronous) : BackwardOfRank(replica, batches, index, isLast, cancellation);
                if (replica is null && loss is { } value) Take(value, weights.Of(index), parts.Optimizer.StepCount + 1);
                if (!isLast) continue;
                halted = Step();
            }
            average?.Update();
            observer?.Stepped(parts.Optimizer.StepCount, epoch);
            if (halted is null && (logs || parts.Device.IsSynchronous || index == count - 1 || parts.Optimizer.StepCount == parts.TotalSteps)) halted = HaltedAfter();
            if (halted is { } applied)
            {
                failure = FindFailure(epoch, applied);
                return;
            }
            if (logs) Log(epoch, rate, loss, null);
            isCancelled = replica?.IsCancelled ?? cancellation.IsCancellationRequested;
            if (isCancelled || checkpoints?.IsDue(parts.Optimizer.StepCount) == true) SaveCheckpoint();
            if (isCancelled) return;
        }
    }

    private void Take(double loss, long weight, int step)
    {
        progress.AddLoss(loss, weight);
        if (chance.Take(step, loss) is { } warning) observer?.Warned(warning);
    }

    /// <summary>This rank's parts of a batch; after the last one of a step the gradients are those of all ranks, and the loss is that of the last batch.</summary>
    private double? BackwardOfRank(Replica rank, IEnumerator<Batch> batches, int index, bool isLast, CancellationToken cancellation)
    {
        rank.Backward(batches, index, isLast, clock);
        if (!isLast) return null;
        clock.Start(Phase.Communication);
        double? loss = null;
        foreach ((double value, long weight) in rank.Reduce(index, cancellation.IsCancellationRequested))
        {
            Take(value, weight, parts.Optimizer.StepCount + 1);
            loss = value;
        }
        clock.Stop();
        return loss;
    }

    private double? Backward(Batch batch, double share, bool read)
    {
        // No token of it has a label: its mean would be none.
        if (share == 0) return null;
        using var scope = new Scope();
        clock.Start(Phase.Forward);
        Tensor loss = cache is null ? parts.Loss(batch) : parts.Task.Loss(cache.Train(batch), batch);
        // Every sample of the step counts the same, or every token, also where its batches differ in size.
        Tensor weighted = share == 1 ? loss : loss * share;
        clock.Start(Phase.Backward);
        weighted.Backward();
        clock.Stop();
        if (!read) return null;
        using CostScope booking = parts.Device.Counters.For(CostKind.Other);
        return loss.Item();
    }

    private int? HaltedAfter()
    {
        using CostScope booking = parts.Device.Counters.For(CostKind.Other);
        return parts.Optimizer.HaltedAfter();
    }

    /// <summary>A step; gives how many were applied where the controller found at a check that one was not finite.</summary>
    private int? Step()
    {
        clock.Start(Phase.Controller);
        freeze.BeforeStep();
        clock.Start(Phase.Optimizer);
        parts.Optimizer.Step();
        clock.Start(Phase.Controller);
        return AfterStep();
    }

    private int? AfterStep()
    {
        try
        {
            freeze.AfterStep();
            return null;
        }
        catch (NonFiniteException found)
        {
            return found.Step - 1;
        }
        finally
        {
            clock.Stop();
        }
    }

    private void Log(int epoch, float rate, double? trainLoss, double[]? validation)
    {
        int accuracy = scalars.ToList().FindIndex(metric => metric.Name == RunFiles.Accuracy);
        var row = new MetricRow(
            parts.Optimizer.StepCount, epoch, rate, trainLoss, validation?[0], accuracy < 0 ? null : validation?[accuracy], freeze.Units.Count(unit => unit.IsFrozen), clock.Total)
        {
            Further = [.. (validation ?? []).Where((_, i) => RunLog.IsFurther(scalars[i]))],
        };
        log?.Write(row);
        observer?.Logged(row);
    }

    private (MetricValue[] Test, double AtBest) Test()
    {
        MetricValue[] test = Tested(all);
        if (double.IsNaN(progress.BestValidation)) return (test, double.NaN);
        // The last weights are often the best, and give the same again.
        if (best.IsCurrent()) return (test, test[all.ToList().IndexOf(scalars[primary])].Scalar);
        best.Swap();
        double atBest = Tested([scalars[primary]])[0].Scalar;
        best.Swap();
        return (test, atBest);
    }

    private MetricValue[] Tested(IReadOnlyList<IMetric> metrics)
    {
        return replica is null ? Measured() : replica.Shared(metrics.Count, Measured);

        MetricValue[] Measured() => Metrics.Evaluate(parts.Model, parts.Forward, parts.Data.Test, metrics);
    }

    private RunResult Result(MetricValue[] test, double testAtBest)
    {
        DeviceCounters counters = parts.Device.Counters;
        bool isAccuracy = parts.Task.Primary.Name == RunFiles.Accuracy;
        double primaryTest = test.Length == 0 ? double.NaN : test[all.ToList().FindIndex(metric => metric.Name == parts.Task.Primary.Name)].Scalar;
        IEnumerable<(IMetric Metric, MetricValue Value)> measured = parts.Metrics.Zip(test);
        using var process = Process.GetCurrentProcess();
        BudgetOutcome? budget = failure is null && !isCancelled ? BudgetOutcome.Of(parts.Policy.Rule, freeze.Spent, parts.TotalSteps) : null;
        if (budget is { IsExceeded: true }) observer?.Warned($"the budget was exceeded: {budget}");
        return new RunResult
        {
            Settings = parts.Settings,
            Device = parts.Device.ToString(),
            Threads = parts.Device is CpuDevice cpu ? cpu.Threads : 1,
            Epochs = progress.Finished,
            Steps = failure is null ? parts.Optimizer.StepCount : failure.Step - 1,
            TotalSteps = parts.TotalSteps,
            IsCancelled = isCancelled,
            Failure = failure,
            StoppedEarly = stoppedEarly,
            AtChance = failure is null && chance.IsAtChance ? chance.Text() : null,
            Primary = parts.Task.Primary.Name,
            TestPrimary = primaryTest,
            BestValidation = progress.BestValidation,
            TestAtBestValidation = testAtBest,
            TestAccuracy = isAccuracy ? primaryTest : double.NaN,
            TestMetrics = [.. measured.Where(pair => pair.Value.Table is null).Select(pair => new NamedValue(pair.Metric.Name, pair.Value.Scalar))],
            TestTables = [.. measured.Where(pair => pair.Value.Table is not null).Select(pair => new NamedTable(pair.Metric.Name, pair.Value.Table!, parts.Data.Test.Host.ClassNames))],
            BestValidationAccuracy = isAccuracy ? progress.BestValidation : double.NaN,
            TestAccuracyAtBestValidation = isAccuracy ? testAtBest : double.NaN,
            FinalTrainLoss = isCancelled ? progress.MeanLoss : failure is null ? progress.EpochLoss : double.NaN,
            Ranks = replica?.Communicator.Size ?? 1,
            Seconds = clock.Seconds(),
            Savings = freeze.Savings,
            WeightBytes = parts.Model.Parameters().Sum(parameter => parameter.Value.Range.Storage.Bytes),
            PackedWeightBytes = parts.Model.Parameters().Where(parameter => parameter.Precision == Precision.BFloat16).Sum(parameter => parameter.Value.Range.Storage.Bytes),
            Graphs = GraphsOfRun(),
            Budget = budget,
            Cache = cache?.Report,
            CachedUpTo = cache?.Boundary,
            PeakBytes = new RunPeakBytes(
                Math.Max(peaksBefore[0], counters.Peak(MemoryKind.Activation)), Math.Max(peaksBefore[1], counters.PeakSavedBytes), Math.Max(peaksBefore[2], counters.Peak(MemoryKind.Gradient)),
                Math.Max(peaksBefore[3], counters.Peak(MemoryKind.Optimizer)), process.PeakWorkingSet64),
            Ledger = freeze.Ledger,
            Decisions = freeze.Decisions,
        };
    }
}
