using System.Diagnostics;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Cli;

public sealed class SweepVerbTests : IDisposable
{
    private const string Long = "static-1-s3";
    private readonly TemporaryFolder folder = new();
    private readonly TemporaryFolder images = new();

    public SweepVerbTests() => FreezeRun.Images(images);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Study => Path.Combine(folder.Root, "it's a study");

    public void Dispose()
    {
        folder.Dispose();
        images.Dispose();
    }

    [Theory]
    [InlineData("sweep", "freeze sweep needs --emit slurm, parallel or local, or --run NAME")]
    [InlineData("sweep STUDY --emit pbs", "--emit must be slurm, parallel or local, found 'pbs'")]
    [InlineData("sweep --emit local", "freeze sweep needs a PLAN, or --methods")]
    [InlineData("sweep --emit local --methods static:1", "freeze sweep needs --out FOLDER where it makes a plan")]
    [InlineData("sweep nowhere --emit local", "'nowhere' has no comparison: there is no plan.json")]
    [InlineData("sweep nowhere/plan.json --emit local", "'nowhere' has no comparison: there is no plan.json")]
    [InlineData("sweep nowhere --run a", "'nowhere' has no comparison: there is no plan.json")]
    [InlineData("sweep --run a", "--run needs a PLAN: a comparison's folder")]
    [InlineData("sweep STUDY/text --emit local", "is no plan: one is called plan.json, and its runs lie beside it")]
    [InlineData("sweep STUDY --run nobody", "has no run 'nobody': it has 11, full-cosine-0.3-s3, ")]
    [InlineData("sweep STUDY --run never-s3 --emit local", "--emit has no effect with --run: it makes one run of a plan")]
    [InlineData("sweep STUDY --run never-s3 --lr 1", "--lr has no effect with --run: it makes one run of a plan")]
    [InlineData("sweep STUDY --emit local --seeds 1", "--seeds has no effect with a PLAN")]
    [InlineData("sweep STUDY --emit local --out x", "--out has no effect with a PLAN")]
    [InlineData("sweep STUDY --emit parallel --pilot never-s3", "--pilot has no effect with --emit parallel: nothing is asked for")]
    [InlineData("sweep STUDY --emit slurm --pilot nobody", "--pilot 'nobody' is no run of the plan of")]
    [InlineData("sweep STUDY --emit local --jobs 0", "--jobs must be between 1 and 64, found 0")]
    [InlineData("sweep STUDY --emit local", "1 of 11 runs are there or have begun; --only-missing goes on with the others")]
    [InlineData("sweep STUDY --emit parallel --only-missing", "sweep-1.txt' was not written by a sweep, so it is not replaced")]
    [InlineData("sweep --emit local --methods static:2 --seeds 3 --out STUDY --model mlp:6,8,6,3 --data IMAGES --epochs 1 --batch 8 --device reference", "has another comparison: methods 'static:2', there 'static:1'")]
    [InlineData("sweep --emit local --methods static:1 --seeds 3 --out STUDY --model mlp:6,8,6,3 --data IMAGES --epochs 1 --batch 8 --device reference", "has this comparison already; --only-missing goes on with it")]
    [InlineData("sweep --emit slurm --methods static:1 --out STUDY/new --cache file=kept", "--cache file=kept is a file, which one run has at a time, and nothing says that they come one by one: expected --jobs 1, or a cache in memory")]
    [InlineData("sweep CACHED --emit parallel --jobs 3", "--cache file=kept is a file, which one run has at a time, and --jobs 3 makes 3")]
    [InlineData("sweep OLD --run never-s3", "schema 0, expected 1")]
    public void WhatCannotBeSweptIsOneLine(string line, string says)
    {
        ComparisonPlan plan = Taken();
        File.WriteAllText(Path.Combine(Study, "text"), "");
        File.WriteAllText(Path.Combine(Study, "sweep-1.txt"), "mine");
        string old = Path.Combine(folder.Root, "old"), begun = ComparisonPlan.FolderOf(Study, plan.All[^1]);
        Directory.CreateDirectory(old);
        File.WriteAllText(Path.Combine(old, "plan.json"), File.ReadAllText(Path.Combine(Study, "plan.json")).Replace("\"schema\": 1", "\"schema\": 0", StringComparison.Ordinal));
        string cached = Path.Combine(folder.Root, "cached");
        ComparisonRequest asked = TinyComparison.Request(images.Root, "static:1", "3");
        ComparisonFolder.Take(cached, TinyComparison.Plan(asked with { Settings = asked.Settings with { Cache = "file=kept" } }, cached), goesOn: false, overwrites: false);
        HandWrittenBegin(plan.All[^1], begun);
        FreezeRun run = FreezeRun.Of([.. line.Split(' ').Select(word => word.Replace("STUDY", Study, StringComparison.Ordinal).Replace("CACHED", cached, StringComparison.Ordinal).Replace("IMAGES", images.Root, StringComparison.Ordinal).Replace("OLD", old, StringComparison.Ordinal))]);
        Assert.Equal(2, run.Code);
        Assert.Contains(says, Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(Path.Combine(Study, "sweep-1.txt")));
        Assert.False(File.Exists(Path.Combine(Study, "sweep.slurm")));
    }

    /// <summary>Said before anything is made: the run would only say that the other one is missing.</summary>
    [Fact]
    public void APilotThatNeedsARunWhichIsNotDoneIsRefused()
    {
        ComparisonPlan plan = TinyComparison.Plan(TinyComparison.Request(images.Root, "static:1", "3") with { ControlsOf = "static:1" }, Study);
        ComparisonFolder.Take(Study, plan, goesOn: false, overwrites: false);
        FreezeRun run = FreezeRun.Of("sweep", Study, "--emit", "slurm", "--pilot", "shuffled-static-1-s3");
        Assert.Equal((2, "", "error: --pilot 'shuffled-static-1-s3' needs 'static-1-s3', which is not done; name a run that needs none."), (run.Code, run.Output, run.Error.TrimEnd()));
        Assert.False(Directory.Exists(Path.Combine(Study, "runs")));
    }

    /// <summary>The lines as a shell reads them, two at a time, and the same report as from runs made here.</summary>
    [Fact]
    public async Task LinesForXargsMakeTheSameReport()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The lines are a shell's.");
        string here = Path.Combine(folder.Root, "here");
        ComparisonRequest request = TinyComparison.Request(images.Root, "adaptive", "0");
        foreach (string study in (string[])[here, Study]) ComparisonFolder.Take(study, TinyComparison.Plan(request, study), goesOn: false, overwrites: false);
        Assert.Equal(0, await new ComparisonRunner(ComparisonPlan.Read(here), here, TinyComparison.InProcess, _ => { }).Run(overwrites: false, Token));
        // Both stages by processes of their own; the others, which are alike, in this one.
        foreach (PlannedRun run in ComparisonPlan.Read(Study).All.Where(run => run.Needs is null && run.Role != RunRole.Method)) Assert.Equal(0, FreezeRun.Of("sweep", Study, "--run", run.Name).Code);
        SampleProcess emitted = await SampleProcess.Run("freeze", folder.Root, ["sweep", Study, "--emit", "parallel", "--only-missing", "--jobs", "2"]);
        Assert.Equal((0, ""), (emitted.Code, emitted.Error));
        string line = Assert.Single(emitted.Output.Split('\n'), line => line.StartsWith("  xargs ", StringComparison.Ordinal));
        Assert.Equal((0, ""), await Shell(line));
        foreach (string study in (string[])[here, Study]) Assert.Equal(0, FreezeRun.Of("report", study).Code);
        Assert.Equal(Untimed(here), Untimed(Study));
        foreach (string name in (string[])["pairs.csv", "table.tex"]) Assert.Equal(File.ReadAllText(Path.Combine(here, name)), File.ReadAllText(Path.Combine(Study, name)));
        FreezeRun nothing = FreezeRun.Of("sweep", Path.Combine(Study, "plan.json"), "--emit", "parallel", "--only-missing");
        Assert.Equal((0, ""), (nothing.Code, nothing.Error));
        Assert.StartsWith($"all {ComparisonPlan.Read(here).All.Count} runs are there: nothing is written", nothing.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ThePilotIsMadeOnceAndLeftOutOfTheScript()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The script is bash's.");
        Taken();
        foreach (string[] more in (string[][])[[], ["--only-missing", "--jobs", "3"]])
        {
            SampleProcess emitted = await SampleProcess.Run("freeze", folder.Root, ["sweep", Study, "--emit", "slurm", .. more]);
            Assert.Equal((0, ""), (emitted.Code, emitted.Error));
            Assert.Equal(more.Length == 0, emitted.Output.Contains("pilot: never-s3 is made here, and measured", StringComparison.Ordinal));
            Assert.Contains("never-s3 took ", emitted.Output, StringComparison.Ordinal);
            string script = File.ReadAllText(Path.Combine(Study, "sweep.slurm"));
            Assert.Contains("# freeze sweep: 10 runs in 1 stage.", script, StringComparison.Ordinal);
            Assert.DoesNotContain("    never-s3\n", script, StringComparison.Ordinal);
            Assert.Contains("    static-1-s3\n", script, StringComparison.Ordinal);
            Assert.Contains($"#SBATCH --cpus-per-task={Environment.ProcessorCount}\n", script, StringComparison.Ordinal);
            Assert.Equal(more.Length > 0, script.Contains("--array=\"0-$last%3\"", StringComparison.Ordinal));
        }
        Assert.Single(Directory.GetDirectories(Path.Combine(Study, "runs")));
    }

    /// <summary>Of processes that want one run at the same time one makes it.</summary>
    [Fact]
    public async Task OneProcessMakesARunAndOneThatIsKilledIsFollowed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "What a kill leaves behind is tested where SIGKILL is.");
        Taken(steps: 3000000);
        Process[] two = [Start(), Start()];
        // One ends at once, the other goes on.
        Task<string>[] said = [.. two.Select(process => process.StandardOutput.ReadToEndAsync(Token))];
        await Task.WhenAny(two.Select(process => process.WaitForExitAsync(Token)));
        int left = Array.FindIndex(two, process => process.HasExited), at = 1 - left;
        Assert.Equal(SweepWorker.Held, two[left].ExitCode);
        Assert.StartsWith($"{Long}: left to process {two[at].Id} on ", await said[left], StringComparison.Ordinal);
        string run = Path.Combine(Study, "runs", Long);
        while (!Directory.Exists(Path.Combine(run, "checkpoints"))) await Task.Delay(20, Token);
        two[at].Kill();
        await two[at].WaitForExitAsync(Token);
        using Process third = Start();
        Assert.Matches($"^warning: {Long} is taken over from process {two[at].Id} on .+, which has ended$", await third.StandardError.ReadLineAsync(Token));
        third.Kill();
        await third.WaitForExitAsync(Token);
        Assert.Equal(2, Directory.GetFiles(Path.Combine(Study, "locks")).Length);
        foreach (Process process in two) process.Dispose();
    }

    /// <summary>Killed at random, gone on with by another worker each time: the files of a run that nobody killed.</summary>
    [Fact]
    public async Task AWorkerThatIsKilledAtRandomLeavesTheSameFiles()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "What a kill leaves behind is tested where SIGKILL is.");
        Taken(steps: 3000);
        string run = Path.Combine(Study, "runs", Long), alone = Path.Combine(folder.Root, "alone");
        Assert.Equal(0, FreezeRun.Of([.. ComparisonPlan.Read(Study).All.First(found => found.Name == Long).Arguments(alone)]).Code);
        var random = new Random(20261130);
        int kills = 0;
        for (bool isDone = false; !isDone;)
        {
            using Process process = Start();
            // Read, or a full pipe would hold it up.
            Task<string> output = process.StandardOutput.ReadToEndAsync(Token), error = process.StandardError.ReadToEndAsync(Token);
            if (kills < 3)
            {
                while (!File.Exists(Path.Combine(run, "metrics.csv")) && !process.HasExited) await Task.Delay(5, Token);
                await Task.Delay(random.Next(150), Token);
                process.Kill();
                kills++;
            }
            await process.WaitForExitAsync(Token);
            Assert.True(process.ExitCode is 0 or 128 + 9, await output + await error);
            isDone = process.ExitCode == 0;
        }
        foreach (string name in (string[])["last.safetensors", "best.safetensors", "decisions.jsonl"]) Assert.Equal(File.ReadAllBytes(Path.Combine(alone, name)), File.ReadAllBytes(Path.Combine(run, name)));
        // Seconds are the last column.
        Assert.Equal(Rows(alone), Rows(run));
        Assert.Null(RunClaim.Holder(Study, Long));
    }

    private ComparisonPlan Taken(int steps = 0)
    {
        RunSettings settings = RunSettings.For("mlp:6,8,6,3") with { Data = images.Root, Epochs = 1, BatchSize = 8, Device = steps == 0 ? "reference" : "cpu", Threads = steps == 0 ? 0 : 1, CheckpointEvery = steps == 0 ? "60s" : "100", Steps = steps == 0 ? null : steps };
        ComparisonPlan plan = TinyComparison.Plan(new ComparisonRequest(settings, ["static:1"], [3]), Study);
        ComparisonFolder.Take(Study, plan, goesOn: false, overwrites: false);
        return plan;
    }

    /// <summary>A run's folder that was killed at its start.</summary>
    private static void HandWrittenBegin(PlannedRun run, string at)
    {
        Directory.CreateDirectory(at);
        JsonRecord.Write(Path.Combine(at, "config.json"), run.Asked!, RunJson.Default.RunSettings);
    }

    private Process Start() => Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "freeze"), ["sweep", Study, "--run", Long]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;

    private async Task<(int Code, string Error)> Shell(string line)
    {
        using Process process = Process.Start(new ProcessStartInfo("bash", ["-c", line]) { WorkingDirectory = folder.Root, RedirectStandardError = true })!;
        string error = await process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        return (process.ExitCode, error);
    }

    private static string[] Rows(string run) => [.. File.ReadLines(Path.Combine(run, "metrics.csv")).Select(line => line[..line.LastIndexOf(',')])];

    private static string[] Untimed(string study) => [.. File.ReadLines(Path.Combine(study, "runs.csv")).Select(line => string.Join(',', line.Split(',')[..^2]))];
}
