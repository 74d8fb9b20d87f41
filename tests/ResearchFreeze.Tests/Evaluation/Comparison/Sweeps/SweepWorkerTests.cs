using ResearchFreeze.Evaluation;
using ResearchFreeze.Tests.Cli;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Evaluation;

/// <summary>One run of a plan by its name, in this process.</summary>
public sealed class SweepWorkerTests : IDisposable
{
    private const string Method = "adaptive-s0", Repeats = "shuffled-adaptive-s0";
    private readonly TemporaryFolder folder = new();
    private readonly TemporaryFolder images = new();
    private readonly List<string> said = [];
    private readonly List<string> warned = [];
    private readonly List<string[]> started = [];

    public SweepWorkerTests() => FreezeRun.Images(images);

    private string Study => Path.Combine(folder.Root, "study");

    public void Dispose()
    {
        folder.Dispose();
        images.Dispose();
    }

    [Fact]
    public void WhatIsDoneIsLeftAloneAndWhatHasBegunGoesOn()
    {
        ComparisonPlan plan = Taken();
        Assert.Equal(0, Worker(Study).Run(Method));
        Assert.Equal(["train", "--model"], Assert.Single(started)[..2]);
        Assert.Equal(0, Worker(Study).Run(Method));
        Assert.Single(started);
        Assert.Equal([$"{Method}: is done already"], said);
        string at = ComparisonPlan.FolderOf(Study, plan.All.First(run => run.Name == Method));
        File.Delete(Path.Combine(at, "summary.json"));
        Assert.Equal(0, Worker(Study).Run(Method));
        Assert.Equal(["train", "--resume", at], started[1]);
        Assert.Empty(warned);
        Assert.Null(RunClaim.Holder(Study, Method));
    }

    [Fact]
    public void WhatRepeatsAnotherIsRunBehindItWhereverTheFolderIsNow()
    {
        ComparisonPlan plan = Taken();
        Assert.Equal(1, Worker(Study).Run(Repeats));
        Assert.Equal([$"{Repeats}: not run, since {Method} is not done"], said);
        Assert.Empty(started);
        Assert.Equal(0, Worker(Study).Run(Method));
        string moved = Path.Combine(folder.Root, "moved here");
        Directory.Move(Study, moved);
        Assert.Equal(0, Worker(moved).Run(Repeats));
        IReadOnlyList<string> spent = plan.All.First(run => run.Name == "spent-adaptive-s0").ArgumentsIn(moved);
        Assert.Equal(ComparisonPlan.FolderOf(moved, plan.All.First(run => run.Name == Method)), spent[spent.ToList().IndexOf("--spend-saving") + 1]);
        Assert.Contains($"shuffled:run={ComparisonPlan.FolderOf(moved, plan.All.First(run => run.Name == Method))}", started[1]);
        Assert.Equal(RunState.Done, ComparisonFolder.StateOf(moved, plan.All.First(run => run.Name == Repeats)));
        // Stopped before the folder was moved again: it would look for the other run where that was.
        File.Delete(Path.Combine(moved, "runs", Repeats, "summary.json"));
        Directory.Move(moved, Study);
        Assert.Equal(0, Worker(Study).Run(Repeats));
        Assert.Equal([$"{Repeats} begins anew: it repeats '{ComparisonPlan.FolderOf(moved, plan.All.First(run => run.Name == Method))}', which is not there any more"], warned);
        Directory.Move(Study, moved);
        string comma = Path.Combine(folder.Root, "a,b");
        Directory.Move(moved, comma);
        Directory.Delete(Path.Combine(comma, "runs", Repeats), recursive: true);
        Assert.StartsWith($"'{comma}' has a comma", Assert.Throws<ArgumentException>(() => Worker(comma).Run(Repeats)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatRepeatsAnotherWaitsForTheProcessThatMakesIt()
    {
        Taken();
        RunClaim other = RunClaim.Take(Study, Method, warned.Add, warned.Add, out _)!;
        Task<int> waiting = Task.Run(() => Worker(Study).Run(Repeats), TestContext.Current.CancellationToken);
        while (said.Count == 0) await Task.Delay(10, TestContext.Current.CancellationToken);
        Assert.StartsWith($"{Repeats}: waits for {Method}, which is made by process {Environment.ProcessId} on ", said[0], StringComparison.Ordinal);
        Assert.Equal(0, Freeze([.. ComparisonPlan.Read(Study).All.First(run => run.Name == Method).Arguments(Path.Combine(Study, "runs", Method))]));
        other.Dispose();
        Assert.Equal(0, await waiting);
    }

    [Fact]
    public void WhatAnotherMakesIsNotTouched()
    {
        Taken();
        using (RunClaim other = RunClaim.Take(Study, Method, warned.Add, warned.Add, out string holder)!)
        {
            Assert.Equal(SweepWorker.Held, Worker(Study).Run(Method));
            Assert.StartsWith($"{Method}: left to process {Environment.ProcessId} on ", Assert.Single(said), StringComparison.Ordinal);
            Assert.Contains($"{Method} is being made by process", Assert.Throws<IOException>(() => ComparisonFolder.Take(Study, ComparisonPlan.Read(Study), goesOn: false, overwrites: true)).Message, StringComparison.Ordinal);
        }
        Assert.Empty(started);
        Assert.False(Directory.Exists(Path.Combine(Study, "runs")));
        Assert.Equal(0, Worker(Study).Run(Method));
    }

    [Fact]
    public void ARunThatFailedIsNotTriedAgainAndItsLockIsGivenBackAfterAnError()
    {
        ComparisonPlan plan = Taken();
        HandWrittenComparison.Write(Study, TinyComparison.Plan(TinyComparison.Request(images.Root), Study).All.First(run => run.Name == Method), 1, 1, 1, 1, failure: "step 3 was not finite");
        Assert.Equal(1, Worker(Study).Run(Method));
        Assert.Equal(1, Worker(Study).Run(Repeats));
        Assert.Equal([$"{Method}: has failed already, and would fail again", $"{Repeats}: not run, since {Method} is not done"], said);
        Assert.Empty(started);
        string first = plan.All[0].Name;
        Assert.Throws<IOException>(() => new SweepWorker(Study, _ => throw new IOException("no room"), said.Add, warned.Add, warned.Add).Run(first));
        Assert.Null(RunClaim.Holder(Study, first));
    }

    /// <summary>Two queues in one folder, as two schedulers: each run is made once, and both end when all are made.</summary>
    [Fact]
    public async Task TwoQueuesShareAPlan()
    {
        ComparisonPlan plan = Taken();
        var made = new System.Collections.Concurrent.ConcurrentQueue<string>();
        Task<RunEnd> Start(IReadOnlyList<string> arguments, CancellationToken kill) => Task.Run(() => new RunEnd(new SweepWorker(Study, line => { lock (made) { made.Enqueue(arguments[^1]); return Freeze(line); } }, _ => { }, warned.Add, warned.Add).Run(arguments[^1]), ""), kill);
        int[] codes = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => new ComparisonRunner(plan with { Jobs = 2 }, Study, Start, line => { lock (said) said.Add(line); }).Run(overwrites: false, TestContext.Current.CancellationToken)));
        Assert.Equal([0, 0], codes);
        Assert.Equal(plan.All.Select(run => run.Name).Order(), made.Order());
        Assert.All(ComparisonResult.Read(Study).Runs, run => Assert.True(run.Counts));
        Assert.Empty(warned);
    }

    [Theory]
    [InlineData("\"needs\": \"adaptive-s0\"", "\"needs\": \"nobody\"", "'shuffled-adaptive-s0' needs 'nobody', which does not stand before it")]
    [InlineData("\"name\": \"static-1-s0\"", "\"name\": \"adaptive-s0\"", "it has 'adaptive-s0' twice")]
    [InlineData("\"schema\": 1", "\"schema\": 2", "schema 2, expected 1")]
    public void APlanThatIsNoneIsRefused(string text, string by, string says)
    {
        Taken();
        string path = Path.Combine(Study, ComparisonPlan.File), plan = File.ReadAllText(path);
        Assert.Contains(text, plan, StringComparison.Ordinal);
        File.WriteAllText(path, plan.Replace(text, by, StringComparison.Ordinal));
        string message = Assert.Throws<FormatException>(() => Worker(Study).Run(Method)).Message;
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.Contains(path, message, StringComparison.Ordinal);
    }

    private ComparisonPlan Taken()
    {
        ComparisonPlan plan = TinyComparison.Plan(TinyComparison.Request(images.Root, "adaptive", "0"), Study);
        ComparisonFolder.Take(Study, plan, goesOn: false, overwrites: false);
        return plan;
    }

    private SweepWorker Worker(string study) => new(study, Freeze, said.Add, warned.Add, warned.Add);

    private int Freeze(IReadOnlyList<string> arguments)
    {
        lock (started) started.Add([.. arguments]);
        return FreezeRun.Of([.. arguments]).Code;
    }
}
