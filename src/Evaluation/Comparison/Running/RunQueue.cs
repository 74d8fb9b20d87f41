using System.Diagnostics;

namespace ResearchFreeze.Evaluation;

/// <summary>
/// Makes runs that are not there yet, in their order: each by <c>freeze</c> in a process of its own, so many at a time. One that was stopped or killed goes on from its checkpoint. A run whose training fails is a result, and the others are
/// made all the same; bad input ends the queue.
/// </summary>
/// <param name="all">The runs; one that needs another stands behind it.</param>
/// <param name="jobs">Runs at a time.</param>
/// <param name="start">Runs <c>freeze</c> with arguments; cancelled, it has to end.</param>
/// <param name="say">Is told in a line of each run that has ended, and of what it has warned of: the same of several runs once.</param>
internal sealed class RunQueue(IReadOnlyList<QueuedRun> all, int jobs, Func<IReadOnlyList<string>, CancellationToken, Task<RunEnd>> start, Action<string> say)
{
    private const int Failed = 1, Cancelled = 130;
    private readonly Lock gate = new();

    // What a run has come to, for those that need it.
    private readonly Dictionary<string, TaskCompletionSource<bool>> done = all.ToDictionary(run => run.Name, _ => new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously));
    private readonly HashSet<string> warned = [];
    private int ended;

    /// <summary>Makes the runs.</summary>
    /// <param name="stop">No further run begins.</param>
    /// <param name="kill">Runs that are at work end at once.</param>
    /// <returns>0: all are there; 1: some have failed; 2: bad input; 130: it was stopped.</returns>
    public async Task<int> Run(CancellationToken stop, CancellationToken kill)
    {
        var left = new Queue<QueuedRun>();
        int failed = 0;
        foreach (QueuedRun run in all)
        {
            RunState state = run.State();
            if (state is RunState.Missing or RunState.Unfinished) left.Enqueue(run);
            else done[run.Name].SetResult(state == RunState.Done);
            if (state == RunState.Failed) failed++;
        }
        ended = all.Count - left.Count;
        if (ended > 0) say($"{ended} of {all.Count} runs are there already");
        int worst = failed > 0 ? Failed : 0;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(jobs, Math.Max(1, left.Count))).Select(_ => Work()));
        return worst;

        async Task Work()
        {
            while (true)
            {
                QueuedRun? run;
                lock (gate)
                {
                    if (stop.IsCancellationRequested && worst < Cancelled && left.Count > 0) worst = Cancelled;
                    if (worst > Failed || !left.TryDequeue(out run)) return;
                }
                // It stands before this one: another worker is at it, or it has ended.
                bool can = run.Needs is not { } needed || (done.TryGetValue(needed, out TaskCompletionSource<bool>? before) && await before.Task);
                if (!can) say($"{run.Name}: not run, since {run.Needs} is not done");
                int code = Failed;
                try
                {
                    if (can) code = await One(run, kill);
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

    private async Task<int> One(QueuedRun run, CancellationToken kill)
    {
        bool goesOn = run.GoesOn();
        var clock = Stopwatch.StartNew();
        RunEnd end = await start(goesOn ? ["train", "--resume", run.Folder] : run.Arguments, kill);
        if (end.Code == 0) run.Ended?.Invoke();
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
            say(FormattableString.Invariant($"{ended}/{all.Count} {run.Name}: {what}, {clock.Elapsed.TotalSeconds:F1} s{(end.Code != 0 && end.Error.Length > 0 ? $": {end.Error}" : "")}"));
            foreach (string warning in end.Warnings.Where(warned.Add)) say($"{run.Name}: warning: {warning}");
        }
        return end.Code;
    }
}
