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
    private const int Failed = 1, BadInput = 2, Cancelled = 130;

    // So often in a row a process may say that another makes its run, which is nowhere to be seen: that one may just have ended without making it.
    private const int MostHeld = 3;

    // Another process makes a run: it is looked at again so often.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);
    private readonly Lock gate = new();

    // What a run has come to, for those that need it.
    private readonly Dictionary<string, TaskCompletionSource<bool>> done = all.ToDictionary(run => run.Name, _ => new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously));
    private readonly HashSet<string> warned = [];
    private readonly HashSet<string> awaited = [];
    private readonly Dictionary<string, int> heldByNobody = [];
    private int ended;

    /// <summary>Makes the runs.</summary>
    /// <param name="stop">No further run begins.</param>
    /// <param name="kill">Runs that are at work end now, as those that started them can end one.</param>
    /// <returns>0: all are there; 1: some have failed; 2: bad input; 130: it was stopped.</returns>
    public async Task<int> Run(CancellationToken stop, CancellationToken kill)
    {
        var left = new List<QueuedRun>();
        int failed = 0;
        foreach (QueuedRun run in all)
        {
            RunState state = run.State();
            if (state is RunState.Missing or RunState.Unfinished) left.Add(run);
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
                    if (worst > Failed)
                    {
                        // One of these may have been put back, and be waited for by another worker.
                        foreach (QueuedRun other in left) done[other.Name].TrySetResult(false);
                        return;
                    }
                    if (left.Count == 0) return;
                    run = Next(left);
                    if (run is not null) left.Remove(run);
                }
                if (run is null)
                {
                    await Task.Delay(Pause, CancellationToken.None);
                    continue;
                }
                // It stands before this one: another worker is at it, or it has ended.
                bool can = run.Needs is not { } needed || (done.TryGetValue(needed, out TaskCompletionSource<bool>? before) && await before.Task);
                if (!can) say($"{run.Name}: not run, since {run.Needs} is not done");
                int code = Failed;
                try
                {
                    if (can) code = MadeElsewhere(run) ?? await One(run, kill);
                    if (code == SweepWorker.Held && IsHeldByNobody(run)) code = Stranger(run, $"ended with {SweepWorker.Held} {MostHeld} times, and nobody makes it");
                    if (code == SweepWorker.Held)
                    {
                        // Another process was faster: it is waited for.
                        lock (gate) left.Insert(0, run);
                        continue;
                    }
                }
                finally
                {
                    // Also where it was ended: who waits for it would wait for good.
                    if (code != SweepWorker.Held) done[run.Name].TrySetResult(code == 0);
                }
                lock (gate) worst = Math.Max(worst, code);
            }
        }
    }

    /// <summary>The first run that nobody else makes and that needs none that is left; null: all are made by others, which is said once of each.</summary>
    private QueuedRun? Next(List<QueuedRun> left)
    {
        var holders = new List<(string Name, string Holder)>();
        foreach (QueuedRun run in left)
        {
            if (run.Needs is { } needs && left.Any(other => other.Name == needs)) continue;
            if (run.Holder() is not { } holder) return run;
            holders.Add((run.Name, holder));
        }
        foreach ((string name, string holder) in holders.Where(found => awaited.Add(found.Name))) say($"{name}: waits for {holder}");
        return null;
    }

    /// <summary>The code of a run that another process has made since this one looked; null: it is to be made.</summary>
    private int? MadeElsewhere(QueuedRun run)
    {
        RunState state = run.State();
        if (state is not (RunState.Done or RunState.Failed)) return null;
        lock (gate)
        {
            ended++;
            say($"{ended}/{all.Count} {run.Name}: {(state == RunState.Done ? "done" : "failed")}, by another process");
        }
        return state == RunState.Done ? 0 : Failed;
    }

    /// <summary>Whether a process has said too often that another makes the run. Between two such answers it is waited.</summary>
    private bool IsHeldByNobody(QueuedRun run)
    {
        lock (gate) heldByNobody[run.Name] = run.Holder() is null ? heldByNobody.GetValueOrDefault(run.Name) + 1 : 0;
        if (heldByNobody[run.Name] is var times && times is > 0 and < MostHeld) Thread.Sleep(Pause);
        return times >= MostHeld;
    }

    /// <summary>What was started is no freeze, or does not get its arguments: a program of one's own that ignores them would begin the whole comparison again in every run.</summary>
    private int Stranger(QueuedRun run, string what)
    {
        lock (gate) say($"{run.Name}: the process that was to make it {what}: a program of your own has to pass its arguments on to the command line");
        return BadInput;
    }

    private async Task<int> One(QueuedRun run, CancellationToken kill)
    {
        bool goesOn = run.GoesOn();
        var clock = Stopwatch.StartNew();
        RunEnd end = await start(run.Arguments(goesOn), kill);
        if (end.Code == SweepWorker.Held) return end.Code;
        if (end.Code == 0 && !(run.IsMade?.Invoke() ?? run.State() == RunState.Done)) return Stranger(run, "ended well and has not made it");
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
