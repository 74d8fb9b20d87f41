namespace ResearchFreeze.Evaluation;

/// <summary>
/// Makes the runs of a comparison that are not there yet, in the plan's order: each in a process of its own, so many at a time. One that was stopped or killed goes on from its checkpoint, and one that another process is making is
/// waited for. A run whose training fails is a result, and the others are made all the same; bad input ends the comparison.
/// </summary>
/// <param name="plan">The plan.</param>
/// <param name="folder">The comparison's folder, which <see cref="ComparisonFolder.Take"/> has made the plan's.</param>
/// <param name="start">Runs <c>freeze</c> with arguments; cancelled, it has to end.</param>
/// <param name="say">Is told in a line of each run that has ended, and of what it has warned of: the same of several runs once.</param>
public sealed class ComparisonRunner(ComparisonPlan plan, string folder, Func<IReadOnlyList<string>, CancellationToken, Task<RunEnd>> start, Action<string> say)
{
    /// <summary>Makes the runs.</summary>
    /// <param name="overwrites">Whether runs that are there are made anew.</param>
    /// <param name="stop">No further run begins.</param>
    /// <param name="kill">Runs that are at work end now, as those that started them can end one.</param>
    /// <returns>0: all are there; 1: some have failed; 2: bad input; 130: it was stopped.</returns>
    public Task<int> Run(bool overwrites, CancellationToken stop = default, CancellationToken kill = default) =>
        new RunQueue([.. plan.All.Select(run => Queued(run, overwrites))], plan.Jobs, start, say).Run(stop, kill);

    private QueuedRun Queued(PlannedRun run, bool overwrites)
    {
        string at = ComparisonPlan.FolderOf(folder, run);
        // What is made anew is no sweep's: a worker leaves alone what is done.
        if (overwrites) return new QueuedRun(run.Name, run.Needs, _ => [.. run.Arguments(at), "--overwrite"], () => RunState.Missing, () => false) { IsMade = () => SweepWorker.StateOf(folder, run) == RunState.Done };
        return new QueuedRun(run.Name, run.Needs, _ => ["sweep", folder, "--run", run.Name], () => SweepWorker.StateOf(folder, run), () => File.Exists(Path.Combine(at, "config.json"))) { Holder = () => RunClaim.Holder(folder, run.Name) };
    }
}
