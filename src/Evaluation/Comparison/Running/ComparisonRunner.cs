using System.Diagnostics;

namespace ResearchFreeze.Evaluation;

/// <summary>
/// Makes the runs of a comparison that are not there yet, in the plan's order: each by <c>freeze train</c> in a process of its own, so many at a time. One that was stopped or killed goes on from its checkpoint. A run whose
/// training fails is a result, and the others are made all the same; bad input ends the comparison.
/// </summary>
/// <param name="plan">The plan.</param>
/// <param name="folder">The comparison's folder.</param>
/// <param name="start">Runs <c>freeze</c> with arguments; cancelled, it has to end.</param>
/// <param name="say">Is told in a line of each run that has ended, and of what it has warned of: the same of several runs once.</param>
public sealed class ComparisonRunner(ComparisonPlan plan, string folder, Func<IReadOnlyList<string>, CancellationToken, Task<RunEnd>> start, Action<string> say)
{
    private const int Failed = 1, Cancelled = 130;
    private readonly Lock gate = new();

    // What a run has come to, for those that need it.
    private readonly Dictionary<string, TaskCompletionSource<bool>> done = plan.All.ToDictionary(run => run.Name, _ => new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously));
    private readonly HashSet<string> warned = [];
    private int ended;

    /// <summary>Makes the runs.</summary>
    /// <param name="overwrites">Whether runs that are there are made anew.</param>
    /// <param name="stop">No further run begins.</param>
    /// <param name="kill">Runs that are at work end at once.</param>
    /// <returns>0: all are there; 1: some have failed; 2: bad input; 130: it was stopped.</returns>
    public async Task<int> Run(bool overwrites, CancellationToken stop = default, CancellationToken kill = default)
    {
        var left = new Queue<PlannedRun>();
        int failed = 0;
        foreach (PlannedRun run in plan.All)
        {
            RunState state = overwrites ? RunState.Missing : StateOf(run);
            if (state is RunState.Missing or RunState.Unfinished) left.Enqueue(run);
            else done[run.Name].SetResult(state == RunState.Done);
            if (state == RunState.Failed) failed++;
        }
        ended = plan.All.Count - left.Count;
        if (ended > 0) say($"{ended} of {plan.All.Count} runs are there already");
        int worst = failed > 0 ? Failed : 0;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(plan.Jobs, Math.Max(1, left.Count))).Select(_ => Work()));
        return worst;

        async Task Work()
        {
            while (true)
            {
                PlannedRun? run;
                lock (gate)
                {
                    if (stop.IsCancellationRequested && worst < Cancelled && left.Count > 0) worst = Cancelled;
                    if (worst > Failed || !left.TryDequeue(out run)) return;
                }
                // It stands before this one in the plan: another worker is at it, or it has ended.
                bool can = run.Needs is not { } needed || (done.TryGetValue(needed, out TaskCompletionSource<bool>? before) && await before.Task);
                if (!can) say($"{run.Name}: not run, since {run.Needs} is not done");
                int code = Failed;
                try
                {
                    if (can) code = await One(run, overwrites, kill);
                }
                finally
                {
                    // Also where it was ended: who waits for it would wait for good.
                    done[run.Name].TrySetResult(code == 0);
                }
                lock (gate) worst = Math.Max(worst, code);
            }
        }
    }

    /// <summary>A damaged folder may be all that is left of hours: it is for its owner to remove it.</summary>
    private RunState StateOf(PlannedRun run)
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

    private async Task<int> One(PlannedRun run, bool overwrites, CancellationToken kill)
    {
        string at = ComparisonPlan.FolderOf(folder, run);
        bool goesOn = !overwrites && File.Exists(Path.Combine(at, "config.json"));
        var clock = Stopwatch.StartNew();
        RunEnd end = await start(goesOn ? ["train", "--resume", at] : overwrites ? [.. run.Arguments(at), "--overwrite"] : run.Arguments(at), kill);
        lock (gate)
        {
            if (end.Code is 0 or Failed) ended++;
            string what = end.Code switch
            {
                0 => goesOn ? "went on, done" : "done",
                Failed => "failed",
                Cancelled => "stopped",
                _ => $"ended with {end.Code}",
            };
            say(FormattableString.Invariant($"{ended}/{plan.All.Count} {run.Name}: {what}, {clock.Elapsed.TotalSeconds:F1} s{(end.Code != 0 && end.Error.Length > 0 ? $": {end.Error}" : "")}"));
            foreach (string warning in end.Warnings.Where(warned.Add)) say($"{run.Name}: warning: {warning}");
        }
        return end.Code;
    }
}
