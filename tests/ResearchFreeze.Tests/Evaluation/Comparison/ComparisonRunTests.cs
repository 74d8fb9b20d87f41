using ResearchFreeze.Evaluation;
using ResearchFreeze.Plots;
using ResearchFreeze.Tests.Cli;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Evaluation;

/// <summary>Three methods, two seeds, one epoch, with all controls: 32 runs on 36 images.</summary>
public sealed class ComparisonRunTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly TemporaryFolder images = new();

    public ComparisonRunTests() => FreezeRun.Images(images);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Whole => Path.Combine(folder.Root, "whole");

    public void Dispose()
    {
        folder.Dispose();
        images.Dispose();
    }

    [Fact]
    public async Task OneThatIsKilledTenTimesEndsInTheSameReport()
    {
        ComparisonPlan plan = await TinyComparison.Made(Whole);
        Assert.Equal(2 * (10 + 3 + 1 + 1 + 1), plan.All.Count);
        ComparisonResult left = Report(Whole);
        string killed = Path.Combine(folder.Root, "killed");
        ComparisonPlan again = TinyComparison.Plan(TinyComparison.Request(images.Root), killed);
        var random = new Random(20261130);
        var said = new List<string>();
        for (int kill = 0; ; kill++)
        {
            ComparisonFolder.Take(killed, again, goesOn: kill > 0, overwrites: false);
            int before = kill < 10 ? random.Next(4) : int.MaxValue;
            var runner = new ComparisonRunner(again, killed, (arguments, token) => before-- == 0 ? Killed(arguments) : TinyComparison.InProcess(arguments, token), said.Add);
            if (kill == 10)
            {
                Assert.Equal(0, await runner.Run(overwrites: false, Token));
                break;
            }
            await Assert.ThrowsAsync<OperationCanceledException>(() => runner.Run(overwrites: false, Token));
        }
        Assert.Contains(said, line => line.Contains(": went on, done, ", StringComparison.Ordinal));
        ComparisonResult found = Report(killed);
        Assert.Equal(Untimed(Whole), Untimed(killed));
        foreach (string name in (string[])["pairs.csv", "table.tex"]) Assert.Equal(File.ReadAllText(Path.Combine(Whole, name)), File.ReadAllText(Path.Combine(killed, name)));
        Assert.Equal(left.Methods.Select(method => method.Compute?.Ratio), found.Methods.Select(method => method.Compute?.Ratio));
        // All is there: nothing is run again.
        said.Clear();
        Assert.Equal(0, await new ComparisonRunner(again, killed, (_, _) => throw new InvalidOperationException("nothing is missing"), said.Add).Run(overwrites: false, Token));
        Assert.Equal(["32 of 32 runs are there already"], said);
    }

    /// <summary>One that is stopped while it replaces another would find the other's runs: done, or of other settings.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void WhatReplacesAComparisonFindsNoneOfItsRuns(int epochs)
    {
        ComparisonRequest request = TinyComparison.Request(images.Root, "static:1", "0");
        ComparisonPlan before = TinyComparison.Plan(request, Whole), after = TinyComparison.Plan(request with { Settings = request.Settings with { Epochs = epochs } }, Whole);
        ComparisonFolder.Take(Whole, before, goesOn: false, overwrites: false);
        PlannedRun made = before.All.Single(run => run.Name == "never-s0");
        string at = ComparisonPlan.FolderOf(Whole, made), mine = Path.Combine(at, "notes.txt");
        Assert.Equal(0, FreezeRun.Of([.. made.Arguments(at)]).Code);
        File.WriteAllText(mine, "mine");

        ComparisonFolder.Take(Whole, after, goesOn: false, overwrites: true);
        Assert.All(after.All, run => Assert.Equal(RunState.Missing, ComparisonFolder.StateOf(Whole, run)));
        Assert.Equal([mine], Directory.GetFiles(at));
        ComparisonFolder.Take(Whole, after, goesOn: true, overwrites: false);
    }

    [Fact]
    public async Task TheReportSaysWhatTheRunsGave()
    {
        ComparisonPlan plan = await TinyComparison.Made(Whole);
        ComparisonResult result = Report(Whole);
        Assert.Equal(["adaptive", "static:1", "prefix-patience:threshold=10,patience=1"], result.Methods.Select(method => method.Series.Name).Take(3));
        // Operations are those of the ledgers: full training of half of the steps took half of them.
        RunSummary full = RunFolder.ReadSummary(Path.Combine(Whole, "runs", "never-s0")), prefix = RunFolder.ReadSummary(Path.Combine(Whole, "runs", "static-1-s0"));
        ComparedMethod measured = result.Methods.Single(method => method.Series.Name == "static:1");
        Assert.Equal(prefix.Flops.Total / (double)full.Flops.Total, measured.Series.Counted[0].Operations / result.Reference.Counted[0].Operations, 12);
        // Paired by hand: the loss's differences of two seeds.
        double[] differences = [.. ((string[])["s0", "s1"]).Select(seed => RunFolder.ReadSummary(Path.Combine(Whole, "runs", $"static-1-{seed}")).Test["loss"]!.Value - RunFolder.ReadSummary(Path.Combine(Whole, "runs", $"never-{seed}")).Test["loss"]!.Value)];
        ComparedPair pair = result.Pairs.Single(found => (found.Method, found.Reference, found.Endpoint) == ("static:1", "never", "loss"));
        Assert.Equal(PairedDifference.Of(differences), pair.Difference);
        Assert.Null(pair.P);
        Assert.Contains(result.Pairs, found => found.Method == "adaptive" && found.Reference == result.BestPrefix!.Name);
        // The saving is spent: so many more steps, which may save another part.
        RunSummary method = RunFolder.ReadSummary(Path.Combine(Whole, "runs", "adaptive-s0")), spent = RunFolder.ReadSummary(Path.Combine(Whole, "runs", "spent-adaptive-s0"));
        Assert.Equal((int)Math.Round(method.Steps * (double)method.FullTrainingFlops.Total / method.Flops.Total), spent.Steps);
        Assert.Contains(result.Pairs, found => found.Method == "adaptive" && found.Reference == "adaptive, saving spent");
        Assert.Equal(plan.All.Count + 1, File.ReadAllLines(Path.Combine(Whole, "runs.csv")).Length);
    }

    [Fact]
    public async Task ThePageNeedsNeitherNetworkNorScript()
    {
        await TinyComparison.Made(Whole);
        Report(Whole);
        string page = File.ReadAllText(Path.Combine(Whole, ComparisonReport.Page));
        string open = System.Text.RegularExpressions.Regex.Replace(page, "xmlns(:xlink)?=\"[^\"]*\"", "");
        Assert.DoesNotContain("http", open, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<link", page, StringComparison.Ordinal);
        // Every name that is referred to is there once.
        string[] names = [.. System.Text.RegularExpressions.Regex.Matches(page, " id=\"([^\"]+)\"").Select(match => match.Groups[1].Value)];
        Assert.Equal(names.Distinct(), names);
        Assert.All(System.Text.RegularExpressions.Regex.Matches(page, "url\\(#([^)]+)\\)").Select(match => match.Groups[1].Value).Distinct(), name => Assert.Contains(name, names));
        Assert.Contains("prefers-color-scheme: dark", page, StringComparison.Ordinal);
        foreach (string part in (string[])["What each method gave", "Paired differences", "Controls of adaptive", "When units were frozen", "Predicted and measured savings", "Memory", "Protocol and environment", "shuffled", "freeze train --model mlp:6,8,6,3"]) Assert.Contains(part, page, StringComparison.Ordinal);
        foreach (string picture in (string[])["loss-operations", "accuracy-operations", "loss-seconds", "accuracy-seconds", "differences-loss", "differences-accuracy", "timeline-adaptive-s0"])
        {
            Assert.True(File.Exists(Path.Combine(Whole, "pictures", $"{picture}.svg")) && File.Exists(Path.Combine(Whole, "pictures", $"{picture}.png")), picture);
            Assert.Contains($"b-{picture}-", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task AReportReplacesItsOwnFilesOnly()
    {
        ComparisonPlan plan = TinyComparison.Plan(TinyComparison.Request(images.Root), Whole);
        ComparisonFolder.Take(Whole, plan, goesOn: false, overwrites: false);
        File.WriteAllText(Path.Combine(Whole, "runs.csv"), "mine");
        Assert.Contains("was not written by a report", Assert.Throws<IOException>(() => Report(Whole)).Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(Path.Combine(Whole, "runs.csv")));
        // Of nothing, too: what is missing is said.
        ComparisonResult nothing = ComparisonResult.Read(Whole);
        ComparisonReport.Write(nothing, new RunCatalogues(), overwrites: true);
        Assert.Contains("32 of 32 runs are not done", nothing.Remarks[0], StringComparison.Ordinal);
        Report(Whole);
        await new ComparisonRunner(plan with { All = [.. plan.All.Take(16)] }, Whole, TinyComparison.InProcess, _ => { }).Run(overwrites: false, Token);
        ComparisonResult half = Report(Whole);
        Assert.Contains("16 of 32 runs are not done", half.Remarks[0], StringComparison.Ordinal);
        Assert.All(half.Pairs, pair => Assert.Equal(1, pair.Difference.Seeds));
        Assert.Equal((1, 1), (half.Methods[0].Series.Counted.Count, half.Methods[0].Compute!.Seeds));
    }

    [Fact]
    public async Task ARunThatFailsIsAResultAndBadInputEndsTheComparison()
    {
        ComparisonPlan plan = TinyComparison.Plan(TinyComparison.Request(images.Root), Whole);
        ComparisonFolder.Take(Whole, plan, goesOn: false, overwrites: false);
        var said = new List<string>();
        int started = 0;
        Task<RunEnd> Start(int code, string error)
        {
            started++;
            return Task.FromResult(new RunEnd(code, error));
        }
        Assert.Equal(1, await new ComparisonRunner(plan, Whole, (_, _) => Start(1, "step 3 was not finite"), said.Add).Run(overwrites: false, Token));
        Assert.Equal(plan.All.Count(run => run.Needs is null), started);
        Assert.Contains("shuffled-adaptive-s1: not run, since adaptive-s1 is not done", said);
        Assert.Matches(@"^1/32 full-cosine-0\.3-s0: failed, \d+\.\d s: step 3 was not finite$", said[0]);
        started = 0;
        Assert.Equal(2, await new ComparisonRunner(plan, Whole, (_, _) => Start(2, "no such data"), said.Add).Run(overwrites: false, Token));
        Assert.Equal(1, started);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Equal(130, await new ComparisonRunner(plan, Whole, (_, _) => Start(0, ""), said.Add).Run(overwrites: false, stop.Token));
        Assert.Equal(1, started);
        // Nor is one that is damaged, and what to do is said.
        PlannedRun first = plan.All[0];
        string at = ComparisonPlan.FolderOf(Whole, first);
        await TinyComparison.InProcess(first.Arguments(at), Token);
        File.WriteAllText(Path.Combine(at, "summary.json"), "{");
        Assert.EndsWith($"; without the folder '{at}', --only-missing makes the run anew.", (await Assert.ThrowsAsync<IOException>(() => new ComparisonRunner(plan, Whole, (_, _) => Start(0, ""), said.Add).Run(overwrites: false, Token))).Message, StringComparison.Ordinal);
        Directory.Delete(at, recursive: true);
        // A run of other settings is not counted as the plan's.
        await TinyComparison.InProcess(["train", "--model", "mlp:6,3", "--data", images.Root, "--epochs", "1", "--policy", "never", "--device", "reference", "--out", Path.Combine(Whole, "runs", "never-s0")], Token);
        Assert.Contains("is a run of other settings: --model 'mlp:6,3', the plan has 'mlp:6,8,6,3'", (await Assert.ThrowsAsync<IOException>(() => new ComparisonRunner(plan, Whole, (_, _) => Start(0, ""), said.Add).Run(overwrites: false, Token))).Message, StringComparison.Ordinal);
    }

    /// <summary>A run is a process of its own, whose terminal nobody sees.</summary>
    [Fact]
    public async Task WhatRunsWarnOfIsSaidOnceBesideTheFirst()
    {
        ComparisonPlan plan = TinyComparison.Plan(TinyComparison.Request(images.Root, "static:1", "0..1"), Whole);
        ComparisonFolder.Take(Whole, plan, goesOn: false, overwrites: false);
        var said = new List<string>();
        static async Task<RunEnd> Start(IReadOnlyList<string> arguments, CancellationToken kill) =>
            await TinyComparison.InProcess(arguments, kill) with { Warnings = arguments[^1] == "static-1-s0" ? ["all", "too short"] : ["all"] };
        Assert.Equal(0, await new ComparisonRunner(plan, Whole, Start, said.Add).Run(overwrites: false, Token));
        Assert.Equal(["full-cosine-0.3-s0: warning: all", "static-1-s0: warning: too short"], said.Where(line => line.Contains("warning", StringComparison.Ordinal)));
    }

    /// <summary>A program of one's own that does something else with its arguments: it was started again and again without end, or its runs were called done.</summary>
    [Theory]
    [InlineData(0, 1, "ended well and has not made it")]
    [InlineData(SweepWorker.Held, 3, "ended with 3 3 times, and nobody makes it")]
    public async Task AProcessThatMakesNoRunEndsTheComparison(int code, int expected, string says)
    {
        ComparisonPlan plan = TinyComparison.Plan(TinyComparison.Request(images.Root, "static:1", "0..1"), Whole);
        ComparisonFolder.Take(Whole, plan, goesOn: false, overwrites: false);
        foreach (bool overwrites in code == 0 ? (bool[])[false, true] : [false])
        {
            var said = new List<string>();
            int started = 0;
            Assert.Equal(2, await new ComparisonRunner(plan, Whole, (_, _) => Task.FromResult(new RunEnd(code, $"{started++}")), said.Add).Run(overwrites, Token));
            Assert.Equal(expected, started);
            Assert.Equal([$"full-cosine-0.3-s0: the process that was to make it {says}: a program of your own has to pass its arguments on to the command line"], said);
        }
    }

    private static ComparisonResult Report(string folder)
    {
        var result = ComparisonResult.Read(folder);
        ComparisonReport.Write(result, new RunCatalogues());
        return result;
    }

    /// <summary>Killed after its last checkpoint: the run has no result yet. Or, where there was none, before its first.</summary>
    private static async Task<RunEnd> Killed(IReadOnlyList<string> arguments)
    {
        await TinyComparison.InProcess(arguments, Token);
        // sweep FOLDER --run NAME
        string run = Path.Combine(arguments[1], ComparisonPlan.Runs, arguments[^1]);
        foreach (string file in (string[])["summary.json", "last.safetensors", "best.safetensors"]) File.Delete(Path.Combine(run, file));
        throw new OperationCanceledException("killed");
    }

    /// <summary>The table of runs without its last two columns, which are times.</summary>
    private static string[] Untimed(string folder) => [.. File.ReadLines(Path.Combine(folder, "runs.csv")).Select(line => string.Join(',', line.Split(',')[..^2]))];
}
