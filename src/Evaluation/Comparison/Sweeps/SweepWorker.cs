using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>
/// Makes one run of a plan by its name, as a scheduler's worker does. It may be called as often as one likes: a run that is done or has failed is left alone, one that was stopped or killed goes on from its checkpoint, and one that another process is
/// making is not touched.
/// </summary>
/// <param name="folder">The comparison's folder.</param>
/// <param name="freeze">Runs <c>freeze</c> with arguments in this process, so that the run ends with the process that has its lock.</param>
/// <param name="say">Is told in a line what has been found.</param>
/// <param name="warn">Is told of a lock that is taken over, and of a run that begins anew.</param>
/// <param name="lost">Is told, on another thread, that another process has taken the run over: this one has to end.</param>
public sealed class SweepWorker(string folder, Func<IReadOnlyList<string>, int> freeze, Action<string> say, Action<string> warn, Action<string> lost)
{
    /// <summary>The exit code where another process is making the run.</summary>
    public const int Held = 3;

    private const int Failed = 1;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Makes a run. One that needs another waits for a process that makes that one.</summary>
    /// <param name="name">The run's name in the plan.</param>
    /// <returns>0: it is done; 1: it has failed, or the run that it needs is not done; 2: bad input; <see cref="Held"/>: another process is making it; 130: it was stopped.</returns>
    /// <exception cref="ArgumentException">The plan has no such run.</exception>
    /// <exception cref="FormatException">The plan or the run's files are damaged.</exception>
    /// <exception cref="IOException">There is no plan, the run's folder has another run, or it cannot be written.</exception>
    public int Run(string name)
    {
        var plan = ComparisonPlan.Read(folder);
        PlannedRun run = plan.All.FirstOrDefault(found => found.Name == name) ?? throw new ArgumentException($"the plan of '{folder}' has no run '{name}': it has {plan.All.Count}, {string.Join(", ", plan.All.Take(3).Select(found => found.Name))}{(plan.All.Count > 3 ? ", …" : "")}.");
        if (Ended(run) is { } before) return before;
        if (run.Needs is { } needs && !IsThere(name, plan.All.First(found => found.Name == needs))) return Failed;
        using RunClaim? claim = RunClaim.Take(folder, name, warn, lost, out string holder);
        if (claim is null)
        {
            say($"{name}: left to {holder}");
            return Held;
        }
        // Another may have made it before the lock was this process's.
        if (Ended(run) is { } after) return after;
        string at = ComparisonPlan.FolderOf(folder, run);
        if (!File.Exists(Path.Combine(at, "config.json"))) return freeze(run.ArgumentsIn(folder));
        // Its settings name the run that it repeats, where that lay before the comparison was moved.
        if (run.Needs is null || PlannedRun.RepeatedBy(RunFolder.ReadConfig(at).PolicyText) is not { } repeated || Directory.Exists(repeated)) return freeze(["train", "--resume", at]);
        warn($"{name} begins anew: it repeats '{repeated}', which is not there any more");
        return freeze([.. run.ArgumentsIn(folder), "--overwrite"]);
    }

    /// <summary>How far a run is.</summary>
    /// <exception cref="IOException">A damaged folder may be all that is left of hours: it is for its owner to remove it.</exception>
    internal static RunState StateOf(string folder, PlannedRun run)
    {
        try
        {
            return ComparisonFolder.StateOf(folder, run);
        }
        catch (Exception exception) when (exception is FormatException or IOException)
        {
            throw new IOException($"{exception.Message.TrimEnd('.')}; without the folder '{ComparisonPlan.FolderOf(folder, run)}', --only-missing makes the run anew.", exception);
        }
    }

    /// <summary>The code of a run that has ended.</summary>
    private int? Ended(PlannedRun run)
    {
        RunState state = StateOf(folder, run);
        if (state is not (RunState.Done or RunState.Failed)) return null;
        say($"{run.Name}: {(state == RunState.Done ? "is done already" : "has failed already, and would fail again")}");
        return state == RunState.Done ? 0 : Failed;
    }

    private bool IsThere(string name, PlannedRun needed)
    {
        bool isSaid = false;
        while (true)
        {
            // In this order: who has just given it back may have made it.
            string? holder = RunClaim.Holder(folder, needed.Name);
            if (StateOf(folder, needed) == RunState.Done) return true;
            if (holder is null)
            {
                say($"{name}: not run, since {needed.Name} is not done");
                return false;
            }
            if (!isSaid) say($"{name}: waits for {needed.Name}, which is made by {holder}");
            isSaid = true;
            Thread.Sleep(Pause);
        }
    }
}
