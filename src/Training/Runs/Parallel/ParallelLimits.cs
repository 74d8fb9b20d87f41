using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>What does not work with several ranks, or with sums in a fixed order: found in one line before anything is written.</summary>
internal static class ParallelLimits
{
    /// <exception cref="ArgumentException">The run's settings have something of it.</exception>
    public static void Check(RunParts parts, ICommunicator? communicator)
    {
        RunSettings settings = parts.Settings;
        if (communicator is null && settings.Shards is null) return;
        int ranks = communicator?.Size ?? 1;
        string what = communicator is null ? $"--reduce ordered (in {settings.Shards} parts)" : $"data-parallel training on {ranks} {(ranks == 1 ? "rank" : "ranks")}";
        if (communicator?.Refuses(parts.Device) is { } reason) throw Refused($"device '{parts.Device.Name}': {reason}");
        if (parts.Device is not CpuDevice) throw Refused($"device '{parts.Device.Name}': only the CPU's memory is reduced");
        if (CacheSpec.Parse(settings.Cache) is not null) throw Refused($"--cache {settings.Cache}: each rank would keep samples that another reads in the next epoch");
        if (parts.Policy.Options(parts.TotalSteps).Paying) throw Refused("paying=1: what pays is found by each rank's own clock, and ranks must decide alike");
        BatchNorm? norm = parts.Model.Modules().OfType<BatchNorm>().FirstOrDefault();
        if (settings.SynchronisedNorms && norm is null) throw Refused($"--norms sync: model '{settings.Model}' has no batch norm");
        if (settings.SynchronisedNorms && parts.Task.IsOfTokens) throw Refused("--norms sync: a rank's part of a batch may have no token with a label, and norms would wait for it");
        int batches = parts.Data.Train.BatchCount(settings.BatchSize), least = Math.Min(settings.BatchSize, parts.Data.Train.Count - ((batches - 1) * settings.BatchSize));
        if (settings.SynchronisedNorms && least < ranks) throw Refused($"--norms sync: a batch has {least} samples, and each of {ranks} ranks needs one; another --batch leaves none so small");
        if (settings.Shards is not { } shards) return;
        if (shards < ranks) throw Refused($"--shards {shards}: there are more ranks than parts of a batch");
        if (norm is not null)
            throw Refused($"model '{settings.Model}': the batch norm '{norm.Path}' looks at a part's samples together, so that bits would depend on how batches are cut; use --reduce sum");

        ArgumentException Refused(string found) => new($"{char.ToUpperInvariant(what[0])}{what[1..]} does not work with {found}.");
    }
}
