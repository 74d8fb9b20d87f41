using System.Diagnostics;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Cli;

public sealed class CompareVerbTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly TemporaryFolder images = new();

    public CompareVerbTests() => FreezeRun.Images(images);

    public void Dispose()
    {
        folder.Dispose();
        images.Dispose();
    }

    [Theory]
    [InlineData("compare --methods adaptive", "freeze compare needs --out FOLDER, or --dry-run")]
    [InlineData("compare --out x", "Option '--methods' is required")]
    [InlineData("compare --methods adaptve --dry-run", "Policy 'adaptve' is unknown")]
    [InlineData("compare --methods static:99 --dry-run", "99")]
    [InlineData("compare --methods static:1 --controls-of adaptive --dry-run", "--controls-of 'adaptive' must be one of the methods, static:1")]
    [InlineData("compare --methods static:1 --seeds 3..1 --dry-run", "a range of seeds must ascend, found '3..1'")]
    [InlineData("compare --methods static:1 --jobs 0 --dry-run", "--jobs must be between 1 and 64, found 0")]
    [InlineData("compare --methods static:1 --jobs 2 --cache file=kept,always --dry-run", "--cache file=kept,always is a file, which one run has at a time, and --jobs 2 makes 2: expected --jobs 1, or a cache in memory")]
    [InlineData("compare --methods static:1 --dry-run --only-missing", "--only-missing has no effect with --dry-run: nothing is run")]
    [InlineData("compare --methods static:1 --out x --overwrite --only-missing", "--only-missing has no effect with --overwrite: all is run anew")]
    [InlineData("report nowhere", "'nowhere' has no comparison: there is no plan.json")]
    public void WhatCannotBeComparedIsOneLine(string line, string says)
    {
        string[] tiny = line.StartsWith("compare --methods", StringComparison.Ordinal) ? ["--model", "mlp:6,8,3", "--data", images.Root, "--device", "reference"] : [];
        FreezeRun run = FreezeRun.Of([.. line.Split(' '), .. tiny]);
        Assert.Equal(2, run.Code);
        Assert.Contains(says, Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.False(Directory.Exists("x"));
    }

    [Fact]
    public async Task ProcessesThatAreKilledGoOnWithWhatIsMissing()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "What a kill leaves behind is tested where SIGKILL is.");
        string study = Path.Combine(folder.Root, "study");
        string[] compare = ["compare", "--methods", "static:1", "--seeds", "4", "--model", "mlp:6,8,3", "--data", images.Root, "--epochs", "2", "--batch", "8", "--device", "cpu", "--threads", "1", "--jobs", "2", "--checkpoint-every", "1", "--out", study];
        using (Process killed = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "freeze"), compare) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!)
        {
            // Two runs have ended, others are at work.
            while (await killed.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line && !line.StartsWith("2/11 ", StringComparison.Ordinal)) { }
            killed.Kill(entireProcessTree: true);
            await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        FreezeRun refused = FreezeRun.Of(compare);
        Assert.Equal(2, refused.Code);
        Assert.Contains("--only-missing goes on with it", refused.Error, StringComparison.Ordinal);
        SampleProcess run = await SampleProcess.Run("freeze", folder.Root, [.. compare, "--only-missing"]);
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Matches(@"(?m)^[2-9] of 11 runs are there already$", run.Output);
        Assert.Contains("11/11 ", run.Output, StringComparison.Ordinal);
        Assert.All(ComparisonResult.Read(study).Runs, made => Assert.True(made.Counts));
        FreezeRun report = FreezeRun.Of("report", study);
        Assert.Equal((0, ""), (report.Code, report.Error));
        Assert.Contains(report.PlainLines(), line => line.Trim().StartsWith("static:1", StringComparison.Ordinal));
        Assert.Contains(Path.Combine(study, "report.html"), report.PlainLines());
    }

    [Theory]
    [InlineData("KILL", 137)]
    [InlineData("TERM", 130)]
    public async Task RunsEndWithAComparisonThatIsEndedAlone(string signal, int code)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "What a kill leaves behind is tested where SIGKILL is.");
        string study = Path.Combine(folder.Root, "study");
        string first = Path.Combine(study, "runs", "full-cosine-0.3-s4");
        string[] compare = ["compare", "--methods", "static:1", "--controls-of", "none", "--seeds", "4", "--model", "mlp:6,8,3", "--data", images.Root, "--steps", "10000000", "--batch", "8", "--device", "cpu", "--threads", "1", "--out", study];
        using (Process killed = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "freeze"), compare) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!)
        {
            while (!File.Exists(Path.Combine(first, "metrics.csv"))) await Task.Delay(20, TestContext.Current.CancellationToken);
            using (Process kill = Process.Start("kill", [$"-{signal}", $"{killed.Id}"])) await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
            await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(code, killed.ExitCode);
        }
        // It ends its step, writes a checkpoint, and gives the folder back: a day's run would not.
        using var late = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        late.CancelAfter(TimeSpan.FromMinutes(2));
        while (File.Exists(Path.Combine(first, "run.lock"))) await Task.Delay(20, late.Token);
        Assert.Equal(RunState.Unfinished, ComparisonFolder.StateOf(study, ComparisonPlan.Read(study).All[0]));
        Assert.True(RunFolder.ReadSummary(first).Cancelled);
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(first, "checkpoints")));
    }

    [Fact]
    public void WhatARunWouldSayOfItsPolicyIsSaid()
    {
        FreezeRun run = FreezeRun.Of("compare", "--methods", "grades:tau={0.1,1},freezeout", "--model", "mlp:6,8,3", "--data", images.Root, "--steps", "6", "--batch", "8", "--device", "reference", "--dry-run");
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Single(run.PlainLines(), line => line.StartsWith("note          grades was published for units by tensor", StringComparison.Ordinal));
        Assert.Single(run.PlainLines(), line => line.StartsWith("note          freezeout stands in for the schedule", StringComparison.Ordinal));
    }
}
