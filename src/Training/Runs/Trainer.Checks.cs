using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

// What is found out before a run, without a trace, and what full steps cost.
public sealed partial class Trainer
{
    private long packedBefore;

    /// <summary>Finds out whether the policy fits the model, and whether the model can be trained on the data, before anything is written: a batch of each size is tried, and what that did is undone.</summary>
    /// <exception cref="ArgumentException">It does not: more units are to be frozen than there are, say, or an epoch's last batch is too small for a normalisation.</exception>
    /// <param name="parts">What is to be trained.</param>
    /// <param name="communicator">The ranks of a data-parallel run, all of which call this; null: there is one.</param>
    public static void CheckPolicy(RunParts parts, ICommunicator? communicator = null)
    {
        ArgumentNullException.ThrowIfNull(parts);
        Precision saved = KeepActivations(parts);
        try
        {
            CheckAll(parts, communicator);
        }
        finally
        {
            parts.Device.SavedPrecision = saved;
        }
    }

    /// <summary>The device keeps activations as the run wants them; gives how it did, for it may be another run's too.</summary>
    private static Precision KeepActivations(RunParts parts)
    {
        Precision before = parts.Device.SavedPrecision;
        parts.Device.SavedPrecision = Precisions.ParseSaved(parts.Settings.Activations);
        return before;
    }

    /// <summary>The bad step's batches are made again from (epoch, index); the weights are still those before it.</summary>
    private NonFinite FindFailure(int epoch, int applied)
    {
        int stepInEpoch = applied - ((epoch - 1) * parts.StepsAnEpoch), accumulate = parts.Settings.Accumulate, left = accumulate;
        NonFinite? found = null;
        foreach (Batch batch in parts.Data.Train.Batches(parts.Settings.BatchSize, epoch, stepInEpoch * accumulate))
        {
            found = NonFinite.Find(applied + 1, parts, freeze.Units, batch);
            if (found is not null || --left == 0) break;
        }
        freeze.Disregard();
        return found ?? new NonFinite(applied + 1, "unknown", "the sum of squared gradients");
    }

    /// <summary>An option that changed nothing is no secret.</summary>
    private void SayUnpacked()
    {
        if (parts.Device.SavedPrecision != Precision.BFloat16 || parts.Optimizer.StepCount == 0 || parts.Device.Counters.PackedResults > packedBefore) return;
        observer?.Said($"activations: none was kept in {parts.Settings.Activations}: no result that the backward pass alone still needs has {Device.LeastPacked} elements or more");
    }

    private static void CheckAll(RunParts parts, ICommunicator? communicator)
    {
        ParallelLimits.Check(parts, communicator);
        if (parts.Model.Parameters().All(parameter => parameter.IsFrozen)) throw new ArgumentException($"Training: every parameter of model '{parts.Settings.Model}' is frozen, and nothing is left to train.");
        RunCache.Check(parts);
        FreezeOptions options = OptionsOf(parts);
        using ProbeBatch? probe = RunUnits.ProbeOf(parts, options);
        using var trial = new FreezeController(parts.Model, parts.Optimizer, parts.Policy.Criterion, parts.Policy.Rule, null, options, parts.Settings.Seed, probe);
        trial.CheckSettings();
        MemoryNeed.Check(parts, batch => trial.CheckSettings(() => parts.Loss(batch)), Replica.CutOf(parts.Settings, communicator).Parts, Replica.SumsOf(parts.Settings, communicator));
        OfEachSize(parts, communicator, batches => trial.CheckSettings(() => Tried(parts, $"Model '{parts.Settings.Model}' cannot be trained on a batch of {batches[0].Count}", () => Replica.LossOf(parts, batches))));
    }

    /// <summary>Finds a rank that would train something else: another version or vector width, other data, settings or weights. All ranks call it, before anything is written.</summary>
    /// <exception cref="ArgumentException">There is one: thrown on all ranks, with what differs.</exception>
    public static void CheckRanks(RunParts parts, ICommunicator communicator)
    {
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentNullException.ThrowIfNull(communicator);
        RankAgreement.Check(parts, communicator);
    }

    private static FreezeOptions OptionsOf(RunParts parts) => parts.Policy.Options(parts.TotalSteps) with { Units = RunUnits.Of(parts), EpochSteps = parts.StepsAnEpoch, RelativeLoss = !parts.Task.IsLossInNats, IsCached = CacheSpec.Parse(parts.Settings.Cache) is not null, Calibration = parts.Settings.Calibration ?? [] };

    private void MeasureFullStep() => OfEachSize(parts, replica?.Communicator, batches => freeze.Measure(() => Replica.LossOf(parts, batches)));

    /// <summary>Does something with a batch of each size that an epoch has; of token ids with one of the least, the middle and the greatest length, between which costs can be scaled.</summary>
    private static void OfEachSize(RunParts parts, ICommunicator? communicator, Action<IReadOnlyList<Batch>> use)
    {
        BatchCut cut = Replica.CutOf(parts.Settings, communicator);
        DataSet train = parts.Data.Train;
        int last = train.BatchCount(parts.Settings.BatchSize) - 1;
        int[] first = [0];
        if (train.Host.IsTokens)
        {
            int[] byLength = [.. train.BatchLengths(parts.Settings.BatchSize, 1).Index().OrderByDescending(batch => batch.Item).Select(batch => batch.Index)];
            first = [.. ((int[])[byLength[0], byLength[byLength.Length / 2], byLength[^1]]).Distinct()];
        }
        // The last batch is another size's, unless it is full or the only one.
        foreach (int index in (last == 0 || train.Count % parts.Settings.BatchSize == 0 ? first : [.. first.Where(index => index != last), last]))
        {
            if (cut.Count != 1)
            {
                OfParts(parts, cut, index, use);
                continue;
            }
            using IEnumerator<Batch> batches = train.Batches(parts.Settings.BatchSize, 1, cut, index).GetEnumerator();
            // Of a last batch a rank may have nothing.
            int samples = index == last ? train.Count - (last * parts.Settings.BatchSize) : parts.Settings.BatchSize;
            if (cut.CountOf(samples, cut.First) > 0 && Tried(parts, $"Data '{parts.Settings.Data}' cannot be read", batches.MoveNext)) use([batches.Current]);
        }
    }

    /// <summary>A rank's parts of a batch, together: each is kept until the last is there.</summary>
    private static void OfParts(RunParts parts, BatchCut cut, int index, Action<IReadOnlyList<Batch>> use)
    {
        DataSet train = parts.Data.Train;
        int last = train.BatchCount(parts.Settings.BatchSize) - 1, samples = index == last ? train.Count - (last * parts.Settings.BatchSize) : parts.Settings.BatchSize;
        var readers = new List<IEnumerator<Batch>>();
        try
        {
            for (int part = cut.First; part < cut.End; part++)
            {
                if (cut.CountOf(samples, part) == 0) continue;
                readers.Add(train.Batches(parts.Settings.BatchSize, 1, new BatchCut(cut.Parts, part, part + 1), index).GetEnumerator());
                Tried(parts, $"Data '{parts.Settings.Data}' cannot be read", readers[^1].MoveNext);
            }
            if (readers.Count > 0) use([.. readers.Select(reader => reader.Current)]);
        }
        finally
        {
            readers.ForEach(reader => reader.Dispose());
        }
    }

    /// <summary>What is thrown before the run is bad input, and is told with what could not be done.</summary>
    private static T Tried<T>(RunParts parts, string what, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception exception) when (exception is not (OutOfMemoryException or DeviceUnavailableException) && parts.Device.FailureOf(exception) is null)
        {
            string type = exception is ArgumentException ? "" : $"{exception.GetType().Name}: ";
            throw new ArgumentException($"{what}: {type}{exception.Message}", exception);
        }
    }
}
