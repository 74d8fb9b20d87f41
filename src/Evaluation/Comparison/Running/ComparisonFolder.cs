using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>The folder of a comparison: <c>plan.json</c>, a run's folder for each of its runs below <c>runs</c>, and what a report writes.</summary>
public static class ComparisonFolder
{
    /// <summary>Makes a plan a folder's own.</summary>
    /// <param name="folder">The folder, which is made if need be.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="goesOn">Whether runs that are there already count. The plan may have more runs than the folder's: seeds, methods or controls are then added to it.</param>
    /// <param name="overwrites">Whether another comparison there is replaced: its runs of the plan's names are deleted.</param>
    /// <exception cref="IOException">There is a comparison already, or another one; or it cannot be written.</exception>
    public static void Take(string folder, ComparisonPlan plan, bool goesOn, bool overwrites)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(plan);
        string path = Path.Combine(folder, ComparisonPlan.File);
        if (File.Exists(path) && !overwrites)
        {
            ComparisonPlan there = ComparisonPlan.Read(folder);
            if (plan.Lacks(there) is { } lack) throw new IOException($"'{folder}' has another comparison: {lack}; give another folder, or replace it with freeze compare --overwrite.");
            bool isLarger = plan.Difference(there) is not null;
            if (!goesOn) throw new IOException($"'{folder}' has {(isLarger ? $"{there.All.Count} of this comparison's {plan.All.Count} runs" : "this comparison")} already; --only-missing goes on with it, freeze compare --overwrite makes it anew.");
            if (isLarger) plan.Write(folder);
            return;
        }
        if (!File.Exists(path) && File.Exists(Path.Combine(folder, "config.json"))) throw new IOException($"'{folder}' is a run's folder; give the comparison one of its own.");
        // Runs are replaced one by one, those that are being made too.
        if (overwrites && Directory.Exists(Path.Combine(folder, RunClaim.Locks)) && plan.All.Select(run => (run.Name, Holder: RunClaim.Holder(folder, run.Name))).FirstOrDefault(found => found.Holder is not null) is { Holder: not null } made)
            throw new IOException($"'{folder}': {made.Name} is being made by {made.Holder}; wait until it has ended, or stop it.");
        // What no plan has written is not replaced.
        if (File.Exists(path)) ComparisonPlan.Read(folder);
        else if (!goesOn && plan.All.FirstOrDefault(run => Path.Exists(ComparisonPlan.FolderOf(folder, run))) is { } there) throw new IOException($"'{ComparisonPlan.FolderOf(folder, there)}' is there already, and '{folder}' has no {ComparisonPlan.File}; give another folder.");
        Directory.CreateDirectory(folder);
        // At once, and not as each one's turn comes: if this is stopped, what goes on would take them for its own, or for another comparison's.
        if (overwrites)
        {
            foreach (PlannedRun run in plan.All) RunFolder.Clear(ComparisonPlan.FolderOf(folder, run));
        }
        plan.Write(folder);
    }

    /// <summary>How far a run is.</summary>
    /// <exception cref="FormatException">Its files are no run's.</exception>
    /// <exception cref="IOException">Its folder has a run of other settings.</exception>
    public static RunState StateOf(string folder, PlannedRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        string at = ComparisonPlan.FolderOf(folder, run);
        if (!File.Exists(Path.Combine(at, "config.json"))) return RunState.Missing;
        // A plan that was read has the options only, which are what a run of them has in its settings.
        IReadOnlyDictionary<string, string> found = TrainLine.Options(RunFolder.ReadConfig(at));
        foreach (string name in run.Settings.Keys.Union(found.Keys))
        {
            (string planned, string there) = (run.Settings.GetValueOrDefault(name, "not given"), found.GetValueOrDefault(name, "not given"));
            if (!run.IsSame(name, planned, there)) throw new IOException($"'{at}' is a run of other settings: {name} '{there}', the plan has '{planned}'.");
        }
        if (!File.Exists(Path.Combine(at, "summary.json"))) return RunState.Unfinished;
        RunSummary summary = RunFolder.ReadSummary(at);
        return summary.Failure is not null ? RunState.Failed : summary.Cancelled ? RunState.Unfinished : RunState.Done;
    }
}
