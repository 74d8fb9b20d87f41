using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Tests.Cli;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;
using ShortRun = ResearchFreeze.Evaluation.ShortRun;

namespace ResearchFreeze.Tests.Evaluation;

/// <summary>A timeline from comparisons of other tasks: hand-written ones, and one that is made.</summary>
public sealed class TaskTimelineTests : IDisposable
{
    private static readonly ShortRun Measured = new(20, 0.01, 0.1, 0.2, 0.5, 50, 400, Units: 3, "accuracy", HigherIsBetter: true);
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Unit 0 is frozen at 2, thawed at 5 and frozen at 8 of 10 steps: 5 of 10. Unit 1 from 6 on: 4 of 10. The head is left out.</summary>
    [Fact]
    public void AUnitsShareIsTheStepsForWhichItWasFrozen()
    {
        string log = Log("log.jsonl", 3, (2, 0, true), (5, 0, false), (6, 1, true), (8, 0, true));
        Assert.Equal([0.5, 0.4], TaskTimeline.Shares(DecisionRecord.Read(log), 10));
        // Two freezes of one unit, as of a part that was pinned, are one.
        Assert.Equal([0.8, 0], TaskTimeline.Shares(DecisionRecord.Read(Log("twice.jsonl", 3, (2, 0, true), (5, 0, true))), 10));
    }

    /// <summary>One task of two units, frozen for 0.8 (mean of 0.9 and 0.7) and 0.2; one of five, for 1, 0.8, 0.6, 0.4 and 0. At depths 0, 1/2 and 1 that is 0.8, 0.5, 0.2 and 1, 0.6, 0; the mean 0.9, 0.55, 0.1.</summary>
    [Fact]
    public void TimesAreMeansOverRunsAndThenOverTasksByDepth()
    {
        string small = Compared("small", [[(1, 0, true), (8, 1, true)], [(3, 0, true), (8, 1, true)]], 3), large = Compared("large", [[(0, 0, true), (2, 1, true), (4, 2, true), (6, 3, true)]], 6);
        ComparisonPlan plan = Request(small, large).Plan("study", Measured, new RunCatalogues());
        PlannedRun timeline = plan.All.Single(run => run.Method == "timeline from other tasks");
        Assert.Equal((RunRole.Other, "adaptive-s3", "timeline:at=0.1/0.45/0.9,run=study/runs/adaptive-s3"), (timeline.Role, timeline.Needs, timeline.Settings["--policy"]));
        Assert.Equal("shuffled of adaptive", plan.All.Last(run => run.Name.StartsWith("shuffled", StringComparison.Ordinal)).Method);
        Assert.DoesNotContain(plan.NotRun, reason => reason.StartsWith("timeline", StringComparison.Ordinal));
        // The folder may be moved; other times are another plan.
        Assert.Null(plan.Difference(Request(small, large).Plan("elsewhere", Measured, new RunCatalogues())));
        Assert.Contains("--policy 'timeline:at=0.1/0.45/0.9,run=study/runs/adaptive-s3', there 'timeline:at=0.2/0.5/0.8,", plan.Difference(Request(small).Plan("study", Measured, new RunCatalogues())), StringComparison.Ordinal);
    }

    /// <summary>Other seeds of one task in a folder of their own are no task more: unit 0 was frozen for 0.8, 0.6 and 0.4 there.</summary>
    [Fact]
    public void TwoComparisonsOfOneTaskAreOneTask()
    {
        string two = Compared("two", [[(2, 0, true)], [(4, 0, true)]], 3), one = Compared("one", [[(6, 0, true)]], 3);
        ComparisonPlan plan = Request(two, one).Plan("study", Measured with { Units = 2 }, new RunCatalogues());
        Assert.StartsWith("timeline:at=0.4/1,", plan.All.Single(run => run.Method == "timeline from other tasks").Settings["--policy"], StringComparison.Ordinal);
    }

    [Fact]
    public void AComparisonThatSaysNothingOfAnotherTaskIsRefused()
    {
        string other = Compared("other", [[(1, 0, true)]], 3);
        Says($"--timeline-from '{other}' is of this task, mlp:6,8,6,3 on written: seeds of one task can be exchanged, so its times are no other task's.", () => Request(other) with { Settings = new RunSettings { Model = "mlp:6,8,6,3", Data = "written" } });
        Says($"--timeline-from '{other}' has no finished run of 'lisa'; it compares adaptive.", () => Request(other) with { Methods = ["lisa"], ControlsOf = "lisa" });
        Says($"--timeline-from has '{other}' twice.", () => Request(other, $"{other}/"));
        Says($"--timeline-from '{other},' must be folders joined by ',', which none of them can have in its path; found an empty one.", () => Request(other, ""));
        Says("--timeline-from has no effect: no method has controls (--controls-of).", () => Request(other) with { ControlsOf = null });
        Assert.StartsWith($"'{folder.Root}' has no comparison", Assert.Throws<FileNotFoundException>(() => Request(folder.Root).Plan("study", Measured, new RunCatalogues())).Message, StringComparison.Ordinal);

        static void Says(string what, Func<ComparisonRequest> request) => Assert.Equal(what, Assert.Throws<ArgumentException>(() => request().Plan("study", Measured, new RunCatalogues())).Message);
    }

    /// <summary>A comparison on other images gives the times; the control takes as many operations as the method, within 1 %.</summary>
    [Fact]
    public async Task TheControlTakesWhatTheMethodTakes()
    {
        using var images = new TemporaryFolder();
        using var others = new TemporaryFolder();
        FreezeRun.Images(images);
        FreezeRun.Images(others);
        string there = Path.Combine(folder.Root, "there"), here = Path.Combine(folder.Root, "here");
        // Froze at different depths and times, whatever the data are.
        const string Method = "static:1";
        await Made(TinyComparison.Request(others.Root, Method, "0") with { ControlsOf = Method }, there);
        ComparisonPlan plan = await Made(TinyComparison.Request(images.Root, Method, "0..1") with { ControlsOf = Method, TimelineFrom = [there] }, here);
        ComparisonResult result = ComparisonResult.Read(here);
        Assert.Contains("timeline from other tasks", result.Methods.Select(method => method.Series.Name));
        Assert.Contains(result.Pairs, pair => (pair.Method, pair.Reference) == (Method, "timeline from other tasks"));
        foreach (PlannedRun run in plan.All.Where(run => run.Method == "timeline from other tasks"))
        {
            RunSummary control = RunFolder.ReadSummary(ComparisonPlan.FolderOf(here, run)), method = RunFolder.ReadSummary(Path.Combine(here, "runs", run.Needs!));
            Assert.InRange((double)control.Flops.Total / method.Flops.Total, 0.99, 1.01);
        }

        // Policies name the run that they repeat where it lay: a report of the folder that was moved says the same.
        string numbers = ComparisonTables.Runs(result), moved = Path.Combine(folder.Root, "moved");
        Directory.Move(here, moved);
        FreezeRun report = FreezeRun.Of("report", moved);
        Assert.Equal((0, ""), (report.Code, report.Error));
        Assert.Equal(numbers, File.ReadAllText(Path.Combine(moved, "runs.csv")));
    }

    private static async Task<ComparisonPlan> Made(ComparisonRequest request, string at)
    {
        ComparisonPlan plan = TinyComparison.Plan(request, at);
        ComparisonFolder.Take(at, plan, goesOn: false, overwrites: false);
        var said = new List<string>();
        Assert.True(await new ComparisonRunner(plan, at, TinyComparison.InProcess, said.Add).Run(overwrites: false, TestContext.Current.CancellationToken) == 0, string.Join('\n', said));
        return plan;
    }

    private static ComparisonRequest Request(params string[] from) => new(new RunSettings { Epochs = 8 }, ["adaptive"], [3]) { ControlsOf = "adaptive", TimelineFrom = from };

    /// <summary>A comparison of 'adaptive' with a run for each list of changes, of ten steps.</summary>
    private string Compared(string name, (int Step, int Unit, bool Freezes)[][] runs, int units)
    {
        string at = Path.Combine(folder.Root, name);
        ComparisonPlan plan = new ComparisonRequest(new RunSettings { Model = "mlp:6,8,6,3", Data = "written" }, ["adaptive"], [.. runs.Select((_, seed) => (ulong)seed)]).Plan(at, Measured, new RunCatalogues());
        ComparisonFolder.Take(at, plan, goesOn: false, overwrites: false);
        foreach (PlannedRun run in plan.All.Where(run => run.Role == RunRole.Method))
        {
            HandWrittenComparison.Write(at, run, 700, 0.5, 0.5, 0.5);
            File.Copy(Log($"{name}-{run.Name}.jsonl", units, runs[run.Seed]), Path.Combine(ComparisonPlan.FolderOf(at, run), "decisions.jsonl"));
        }
        return at;
    }

    /// <summary>A log of units of which the last is the head.</summary>
    private string Log(string name, int units, params (int Step, int Unit, bool Freezes)[] changes)
    {
        string at = Path.Combine(folder.Root, name);
        string[] head = [$$"""{"schema":{{DecisionLog.Schema}},"criterion":"none","rule":"hand","division":"block","checkEvery":1,"warmUpSteps":0,"units":[{{string.Join(',', Enumerable.Range(0, units).Select(unit => $"\"u{unit}\""))}}],"heads":[{{units - 1}}]}"""];
        File.WriteAllLines(at, head.Concat(changes.Select(change => $$"""{"step":{{change.Step}},"unit":{{change.Unit}},"path":"u{{change.Unit}}","action":"{{(change.Freezes ? "freeze" : "thaw")}}","trigger":"rule","reason":"hand","learningRate":0.1}""")));
        return at;
    }
}
