using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Cli;

/// <summary>A run that is still at it, was killed or stopped has a part of its decisions and numbers: nothing takes them for all.</summary>
public sealed class UnfinishedRunTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Run => Path.Combine(folder.Root, "run");

    private string Summary => Path.Combine(Run, "summary.json");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("train --policy shuffled:run=RUN", "'RUN' has not ended: without its summary.json it is still running or was killed")]
    [InlineData("train --policy timeline:at=0.5/0.5,run=RUN", "timeline:run= 'RUN': the run has not ended: there is no summary.json")]
    [InlineData("train --replay RUN", "'RUN' has not ended")]
    [InlineData("train --calibrate RUN", "'RUN' cannot calibrate")]
    [InlineData("train --spend-saving RUN", "--spend-saving 'RUN': the run has not ended")]
    [InlineData("export-schedule RUN --to torch", "'RUN' has not ended")]
    [InlineData("fork RUN --step 1 --freeze fc1", "'RUN' is not finished")]
    [InlineData("atlas RUN", "'RUN' is not finished")]
    public void NothingIsMadeOfAPartOfARun(string line, string says)
    {
        Train();
        string whole = File.ReadAllText(Summary);
        File.Delete(Summary);
        Refused(line, says);

        if (line.Contains("--calibrate", StringComparison.Ordinal)) return;   // a step time that was measured stays one
        File.WriteAllText(Summary, whole.Replace("\"cancelled\": false", "\"cancelled\": true", StringComparison.Ordinal).Replace("\"cancelled\":false", "\"cancelled\":true", StringComparison.Ordinal));
        Assert.NotEqual(whole, File.ReadAllText(Summary));
        Refused(line, line.StartsWith("fork", StringComparison.Ordinal) || line.StartsWith("atlas", StringComparison.Ordinal) ? says : "was stopped");
    }

    [Fact]
    public void ALogThatIsNamedItselfIsReadAllTheSame()
    {
        Train();
        File.Delete(Summary);
        string log = Path.Combine(Run, "decisions.jsonl");
        Assert.Equal((0, ""), Of($"train --policy shuffled:run={log} --out {Path.Combine(folder.Root, "shuffled")} --data {folder.Root} {Small}"));
        Assert.Equal((0, ""), Of($"export-schedule {log} --to torch --out {Path.Combine(folder.Root, "schedule.py")}"));
        Assert.Equal((0, ""), Of($"explain {Run}"));
    }

    /// <summary>What has failed made no more decisions than its log has: they can be repeated, but are not held against a whole run.</summary>
    [Fact]
    public void ARunThatFailedCanBeRepeatedButIsNoControl()
    {
        Train();
        File.WriteAllText(Summary, File.ReadAllText(Summary).Replace("\"failure\": null", "\"failure\": \"step 3 was not finite\"", StringComparison.Ordinal).Replace("\"failure\":null", "\"failure\":\"step 3 was not finite\"", StringComparison.Ordinal));
        Assert.Equal((0, ""), Of($"train --replay {Run} --out {Path.Combine(folder.Root, "again")}"));
        Refused("train --policy shuffled:run=RUN", "'RUN' has failed, so that its decisions are a part of a run's: step 3 was not finite.");
        Refused("train --policy timeline:at=0.5/0.5,run=RUN", "timeline:run= 'RUN': the run failed");
    }

    private const string Small = "--model mlp:6,5,4,3 --epochs 1 --batch 6 --device cpu --threads 1";

    private static (int Code, string Error) Of(string line) => FreezeRun.Of(line.Split(' ')) is var run ? (run.Code, run.Error) : default;

    private void Train() => Assert.Equal((0, ""), Of($"train --data {FreezeRun.Images(folder)} {Small} --policy {"static:1"} --out {Run}"));

    private void Refused(string line, string says)
    {
        string at = Path.Combine(folder.Root, "refused");
        string[] more = line.StartsWith("atlas", StringComparison.Ordinal) || line.StartsWith("fork", StringComparison.Ordinal) || line.StartsWith("export", StringComparison.Ordinal) ? ["--out", at]
            : [.. line.Contains("--replay", StringComparison.Ordinal) ? [] : (string[])["--data", folder.Root, "--model", "mlp:6,5,4,3"], "--out", at];
        FreezeRun run = FreezeRun.Of([.. line.Replace("RUN", Run, StringComparison.Ordinal).Split(' '), .. more]);
        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.Contains(says.Replace("RUN", Run, StringComparison.Ordinal), Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.False(Path.Exists(at));
    }
}
