using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

// What a run needs to go on bit for bit: written between two steps, and read into a trainer of the same settings.
public sealed partial class Trainer : IStateful
{
    private long[] peaksBefore = new long[4];       // of the process that was stopped
    private bool isResumed;

    /// <inheritdoc/>
    public void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        // No part of the run: its ledger is the same however often this is called.
        using CostScope booking = parts.Device.Counters.For(CostKind.Other);
        foreach ((string name, IStateful part) in Stateful()) part.SaveState(state.Branch(name));
        best.Save(state.Branch("best"));
        average?.SaveState(state.Branch("average"));
        progress.Save(state.Branch("progress"));
        chance.Save(state.Branch("chance"));
        clock.Save(state.Branch("clock"));
        parts.EarlyStop?.Save(state.Branch("earlyStop"));
        replica?.Save(state.Branch("communication"));
        DeviceCounters counters = parts.Device.Counters;
        long[] peaks = [counters.Peak(MemoryKind.Activation), counters.PeakSavedBytes, counters.Peak(MemoryKind.Gradient), counters.Peak(MemoryKind.Optimizer)];
        state.Set("peaks", [.. peaks.Zip(peaksBefore, Math.Max)]);
    }

    /// <inheritdoc/>
    public Action ReadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using CostScope booking = parts.Device.Counters.For(CostKind.Other);
        List<Action> changes =
        [
            .. Stateful().Select(part => part.Part.ReadState(state.Branch(part.Name))),
            best.Read(state.Branch("best")),
            .. average is { } weights ? [weights.ReadState(state.Branch("average"))] : Array.Empty<Action>(),
            progress.Read(state.Branch("progress"), parts.Epochs, parts.Data.Train.BatchCount(parts.Settings.BatchSize)),
            chance.Read(state.Branch("chance")),
            clock.Read(state.Branch("clock")),
            .. parts.EarlyStop is { } stop ? [stop.Read(state.Branch("earlyStop"))] : Array.Empty<Action>(),
            .. replica is { } rank ? [rank.Read(state.Branch("communication"))] : Array.Empty<Action>(),
        ];
        long[] peaks = state.Integers("peaks", peaksBefore.Length, 0);
        return () =>
        {
            changes.ForEach(change => change());
            (peaksBefore, isResumed) = (peaks, true);
        };
    }

    private IEnumerable<(string Name, IStateful Part)> Stateful() => [("model", new ModelState(parts.Model)), ("optimizer", parts.Optimizer), ("freeze", freeze)];

    private void SaveCheckpoint()
    {
        if (checkpoints is null) return;
        // The elements are read as they are written.
        using CostScope booking = parts.Device.Counters.For(CostKind.Other);
        string? problem = checkpoints.Save(parts.Optimizer.StepCount, () =>
        {
            var state = StateTree.ForWriting();
            // The logs first: a disk that is full is found before a model is copied to the host.
            log?.SaveState(state.Branch(ResumedRun.Log));
            SaveState(state.Branch(ResumedRun.Run));
            return state;
        });
        if (problem is not null) observer?.Warned(problem);
        cache?.Save();
    }

    /// <summary>The weights that were best on validation data, where there are any.</summary>
    private void SaveBestWeights()
    {
        if (log is null || double.IsNaN(progress.BestValidation)) return;
        best.Swap();
        try
        {
            StateDict.Save(parts.Model, Path.Combine(log.Folder, RunFiles.Best));
        }
        finally
        {
            best.Swap();
        }
    }

    /// <summary>After an exception: what there is of the run is not to be lost with it. What fails here would hide what failed first.</summary>
    private void SaveLastWeights()
    {
        if (log is null) return;
        try
        {
            using IDisposable? held = average is { IsInUse: false } ? average.Use() : null;
            StateDict.Save(parts.Model, Path.Combine(log.Folder, RunFiles.Last));
            SaveBestWeights();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or DeviceUnavailableException || parts.Device.FailureOf(exception) is not null)
        {
            observer?.Warned($"the last weights could not be written: {exception.Message.ReplaceLineEndings(" ")}");
        }
    }
}
