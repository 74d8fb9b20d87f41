using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Cli;

public class ExplainVerbTests
{
    private static readonly string[] Small = ["--model", "mlp:6,5,4,3", "--epochs", "3", "--batch", "6", "--threads", "1", "--device", "cpu"];

    [Fact]
    public void ARunIsExplainedInWordsAsAWholeAndAtAStep()
    {
        using var folder = new TemporaryFolder();
        string run = Path.Combine(folder.Root, "run");
        FreezeRun trained = FreezeRun.Of(["train", "--data", FreezeRun.Images(folder), .. Small, "--policy", "prefix-patience:threshold=1000000,patience=1,checks=9,warmup=0,margin=0", "--out", run]);
        Assert.Equal(0, trained.Code);

        FreezeRun whole = FreezeRun.Of("explain", run);
        Assert.Equal(0, whole.Code);
        Assert.Contains("Criterion weight-change, rule prefix-patience, units by block; a check every 2 steps", whole.Output, StringComparison.Ordinal);
        Assert.Contains("fc1:\n  step 4, frozen by the rule: finished at 1 check: its weights hardly change (weight-change", whole.Output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("fc3: trained all the time. Its score was between", whole.Output, StringComparison.Ordinal);

        FreezeRun early = FreezeRun.Of("explain", run, "--step", "1"), late = FreezeRun.Of("explain", run, "--step", "5");
        Assert.Contains("After 1 steps the rule had not been asked", early.Output, StringComparison.Ordinal);
        Assert.Contains("fc1 trained, as from the start.", early.Output, StringComparison.Ordinal);
        Assert.Contains("After 5 steps; the last check was made at step 4.", late.Output, StringComparison.Ordinal);
        Assert.Contains("fc1 was frozen, since step 4 (rule): finished at 1 check: its weights hardly change (weight-change", late.Output, StringComparison.Ordinal);
        Assert.Contains("fc2 trained, as from the start.", late.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void AReplayOfARunGivesItsWeightsBitForBitWithNothingButItsFolderGiven()
    {
        using var folder = new TemporaryFolder();
        string run = Path.Combine(folder.Root, "run"), again = Path.Combine(folder.Root, "again");
        string[] policy = ["--criterion", "drift:checks=1", "--rule", "threshold:threshold=1000,patience=1", "--control", "checks=9,warmup=0,guard=0.05,thaw=0.3,frozen=0.5", "--units", "module", "--seed", "7"];
        Assert.Equal(0, FreezeRun.Of(["train", "--data", FreezeRun.Images(folder), .. Small, .. policy, "--out", run]).Code);
        FreezeRun replayed = FreezeRun.Of("train", "--replay", run, "--out", again);
        Assert.Equal((0, ""), (replayed.Code, replayed.Error));
        Assert.Equal(File.ReadAllBytes(Path.Combine(run, "last.safetensors")), File.ReadAllBytes(Path.Combine(again, "last.safetensors")));
        Assert.Equal(Changes(run), Changes(again));
        Assert.NotEmpty(Changes(run));
        FreezeRun onItself = FreezeRun.Of("train", "--replay", run, "--out", run);
        Assert.Equal(2, onItself.Code);
        Assert.Contains("is the run that is replayed", onItself.Error, StringComparison.Ordinal);
        Assert.NotEmpty(Changes(run));
    }

    [Theory]
    [InlineData("explain", "nowhere")]
    [InlineData("train", "--replay", "nowhere")]
    [InlineData("train", "--units", "atom")]
    [InlineData("train", "--criterion", "plasticity", "--control", "debt=2")]
    public void WhatCannotBeReadIsOneLine(params string[] args)
    {
        FreezeRun run = FreezeRun.Of(args);
        Assert.Equal(2, run.Code);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("error: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void TracedUnitsAndCriteriaThatLookAtOutputsRunFromTheCommandLine()
    {
        using var folder = new TemporaryFolder();
        foreach (string criterion in new[] { "plasticity", "cka", "taylor-importance", "gradient-snr", "effective-perturbation" })
        {
            string run = Path.Combine(folder.Root, criterion);
            FreezeRun trained = FreezeRun.Of(
                ["train", "--data", FreezeRun.Images(folder), .. Small, "--units", "traced", "--criterion", criterion, "--rule", "percentile:60+prefix", "--control", "checks=9,warmup=0,margin=0,probe=1,debt=3", "--out", run]);
            Assert.Equal((0, ""), (trained.Code, trained.Error));
            Assert.Contains("\"division\":\"traced\"", File.ReadAllText(Path.Combine(run, "decisions.jsonl")), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void BenchPrintsWhatAPolicysLookingCosts()
    {
        FreezeRun bench = FreezeRun.Of("bench", "--model", "mlp:6,5,3", "--batch", "4", "--policy", "adaptive", "--run-steps", "40", "--device", "cpu", "--threads", "1");
        Assert.Equal((0, ""), (bench.Code, bench.Error));
        Assert.Contains("a check every 1 steps, 3 checks", bench.Output, StringComparison.Ordinal);
        foreach (string row in new[] { "milliseconds", "MFLOP", "MB", "roofline ms" }) Assert.Contains(row, bench.Output, StringComparison.Ordinal);
        Assert.Contains("\"bytesShare\"", FreezeRun.Of("bench", "--model", "mlp:6,5,3", "--batch", "4", "--policy", "adaptive", "--run-steps", "40", "--device", "cpu", "--json").Output, StringComparison.Ordinal);
    }

    private static string[] Changes(string run) => [.. File.ReadAllLines(Path.Combine(run, "decisions.jsonl")).Skip(1).Where(line => !line.Contains("\"check\"", StringComparison.Ordinal)).Select(Essence).Where(line => line.Length > 0)];

    /// <summary>Without the numbers behind a change: a replay collects none. A refusal is not repeated.</summary>
    private static string Essence(string line) => line.Contains("\"refuse\"", StringComparison.Ordinal) ? "" : string.Join(',', line.Split(',').Take(5));
}
