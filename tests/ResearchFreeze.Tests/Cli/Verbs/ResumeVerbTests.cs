using ResearchFreeze.Tests.Training;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Cli;

public sealed class ResumeVerbTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly TemporaryFolder images = new();

    public ResumeVerbTests() => FreezeRun.Images(images);

    private string Run => Path.Combine(folder.Root, "run");

    public void Dispose()
    {
        folder.Dispose();
        images.Dispose();
    }

    [Fact]
    public void AFinishedRunSaysSoAndStaysAsItIs()
    {
        Assert.Equal(0, Train().Code);
        byte[] before = File.ReadAllBytes(Path.Combine(Run, "summary.json"));
        FreezeRun again = FreezeRun.Of("train", "--resume", Run);
        Assert.Equal((0, ""), (again.Code, again.Error));
        Assert.Equal($"'{Run}' is finished: 12 steps in 3 epochs", Assert.Single(again.PlainLines()));
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(Run, "summary.json")));
    }

    [Fact]
    public void ARunWithoutASummaryGoesOnAndSaysFromWhere()
    {
        Assert.Equal(0, Train("--checkpoint-every", "5").Code);
        byte[] weights = File.ReadAllBytes(Path.Combine(Run, "last.safetensors"));
        File.Delete(Path.Combine(Run, "summary.json"));
        File.Delete(Path.Combine(Run, "last.safetensors"));
        FreezeRun again = FreezeRun.Of("train", "--resume", Run);
        Assert.Equal((0, ""), (again.Code, again.Error));
        Assert.Contains("goes on after step 10 of 12", again.PlainLines());
        Assert.Equal(weights, File.ReadAllBytes(Path.Combine(Run, "last.safetensors")));
        // The settings stay those that were asked for.
        Assert.Equal("5", RunFolder.ReadConfig(Run).CheckpointEvery);
    }

    [Theory]
    [InlineData(7, "5", "goes on after step 5 of 7")]
    // The last step was taken, the last measurements were not.
    [InlineData(7, "7", "goes on after step 7 of 7")]
    [InlineData(2, "1", "goes on after step 2 of 2")]
    public void ANumberOfStepsMayEndTheRunWithinAnEpoch(int steps, string every, string says)
    {
        string[] args = ["train", "--model", "mlp:6,8,3", "--data", images.Root, "--steps", $"{steps}", "--batch", "8", "--device", "cpu", "--threads", "1", "--policy", "never", "--schedule", "linear", "--lr", "0.1", "--checkpoint-every", every, "--out", Run];
        FreezeRun run = FreezeRun.Of(args);
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains(run.PlainLines(), line => line.StartsWith($"{steps} steps, 4 an epoch", StringComparison.Ordinal));
        RunSummary summary = RunFolder.ReadSummary(Run);
        Assert.Equal((steps, (steps + 3) / 4), (summary.Steps, summary.Epochs));
        MetricRow last = RunFolder.ReadMetrics(Run)[^1];
        // The schedule ends with the run, and the part of an epoch is measured as an epoch is.
        Assert.Equal(0.1f / steps, last.LearningRate, 6);
        Assert.NotNull(last.ValidationLoss);
        byte[] weights = File.ReadAllBytes(Path.Combine(Run, "last.safetensors"));
        File.Delete(Path.Combine(Run, "summary.json"));
        FreezeRun again = FreezeRun.Of("train", "--resume", Run);
        Assert.Equal((0, ""), (again.Code, again.Error));
        Assert.Contains(says, again.PlainLines());
        Assert.Equal(weights, File.ReadAllBytes(Path.Combine(Run, "last.safetensors")));
        Assert.Equal(summary.Flops, RunFolder.ReadSummary(Run).Flops);
        Assert.Equal(last with { Seconds = 0, Further = [] }, RunFolder.ReadMetrics(Run)[^1] with { Seconds = 0, Further = [] });
    }

    [Fact]
    public void OnAnotherDeviceItGoesOnAndSaysThatBitsWillDiffer()
    {
        Assert.Equal(0, Train("--checkpoint-every", "5").Code);
        File.Delete(Path.Combine(Run, "summary.json"));
        string environment = Path.Combine(Run, "environment.json");
        File.WriteAllText(environment, File.ReadAllText(environment).Replace("\"simd\": \"", "\"simd\": \"Other", StringComparison.Ordinal));
        FreezeRun again = FreezeRun.Of("train", "--resume", Run);
        Assert.Equal(0, again.Code);
        Assert.Matches("^warning: the run goes on elsewhere, so that its numbers will differ in their last bits: vector instructions '.*', began with 'Other.*'$", again.Error.TrimEnd());
    }

    /// <summary>The reference rounds operands by definition, so that a precision is followed here without a card.</summary>
    [Fact]
    public void AnotherPrecisionIsSaid()
    {
        string[] args = ["train", "--model", "mlp:6,8,3", "--data", images.Root, "--epochs", "1", "--batch", "8", "--device", "reference", "--policy", "never", "--checkpoint-every", "1", "--seed", "3"];
        Assert.Equal(0, FreezeRun.Of([.. args, "--precision", "bf16", "--out", Run]).Code);
        Assert.Equal("bf16", RunFolder.ReadConfig(Run).Precision);
        Assert.Contains("operands of products rounded to bf16", RunFolder.ReadEnvironment(Run).Device);
        byte[] weights = File.ReadAllBytes(Path.Combine(Run, "last.safetensors"));
        string exact = Path.Combine(images.Root, "exact");
        Assert.Equal(0, FreezeRun.Of([.. args, "--out", exact]).Code);
        Assert.Equal("float32", RunFolder.ReadConfig(exact).Precision);
        Assert.NotEqual(weights, File.ReadAllBytes(Path.Combine(exact, "last.safetensors")));
        // With its own it repeats; with another it says so.
        File.Delete(Path.Combine(Run, "summary.json"));
        FreezeRun again = FreezeRun.Of("train", "--resume", Run);
        Assert.Equal((0, ""), (again.Code, again.Error));
        Assert.Equal(weights, File.ReadAllBytes(Path.Combine(Run, "last.safetensors")));
        File.Delete(Path.Combine(Run, "summary.json"));
        FreezeRun other = FreezeRun.Of("train", "--resume", Run, "--precision", "float32");
        Assert.Equal(0, other.Code);
        // The device's name differs by it too, and is no second warning.
        Assert.Equal("warning: the run goes on in precision float32 and was in bf16: its numbers will differ by that much", other.Error.TrimEnd());
    }

    [Fact]
    public void SavedActivationsInTwoBytesAreARunsOwnAndRepeat()
    {
        // Eight rows of 256: what is kept is large enough to be packed.
        string[] args = ["train", "--model", "mlp:6,256,256,3", "--data", images.Root, "--epochs", "2", "--batch", "8", "--device", "cpu", "--policy", "never", "--checkpoint-every", "1", "--keep-checkpoints", "1", "--seed", "3"];
        Assert.Equal(0, FreezeRun.Of([.. args, "--activations", "bf16", "--out", Run]).Code);
        Assert.Equal(("bf16", "bf16"), (RunFolder.ReadConfig(Run).Activations, RunFolder.ReadSummary(Run).Activations));
        byte[] weights = File.ReadAllBytes(Path.Combine(Run, "last.safetensors"));
        string exact = Path.Combine(images.Root, "exact");
        Assert.Equal(0, FreezeRun.Of([.. args, "--out", exact]).Code);
        Assert.Equal(("float32", null), (RunFolder.ReadConfig(exact).Activations, RunFolder.ReadSummary(exact).Activations));
        Assert.NotEqual(weights, File.ReadAllBytes(Path.Combine(exact, "last.safetensors")));
        File.Delete(Path.Combine(Run, "summary.json"));
        FreezeRun again = FreezeRun.Of("train", "--resume", Run);
        Assert.Equal((0, ""), (again.Code, again.Error));
        Assert.Equal(weights, File.ReadAllBytes(Path.Combine(Run, "last.safetensors")));
        File.Delete(Path.Combine(Run, "summary.json"));
        FreezeRun other = FreezeRun.Of("train", "--resume", Run, "--activations", "float32");
        Assert.Equal(0, other.Code);
        Assert.StartsWith("warning: the run goes on with saved activations in float32 and had them in bf16", other.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--lr", "0.5", "--resume")]
    [InlineData("--epochs", "9", "--resume")]
    [InlineData("--out", "elsewhere", "--resume")]
    [InlineData("--checkpoint-every", "0", "--checkpoint-every must be a number of steps")]
    [InlineData("--keep-checkpoints", "0", "--keep-checkpoints must be a number from 1, or all")]
    public void WhatAResumedRunCannotUseIsRefused(string option, string value, string says)
    {
        Assert.Equal(0, Train().Code);
        File.Delete(Path.Combine(Run, "summary.json"));
        FreezeRun again = FreezeRun.Of("train", "--resume", Run, option, value);
        Assert.Equal(2, again.Code);
        Assert.Contains(says, Assert.Single(again.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public void AFolderWithoutARunAndAFailedRunAreRefused()
    {
        FreezeRun none = FreezeRun.Of("train", "--resume", folder.Root);
        Assert.Equal((2, $"error: '{folder.Root}' has no run: there is no config.json.\n"), (none.Code, none.Error));
        Assert.Equal(1, Train("--lr", "1e15", "--schedule", "constant", "--optimizer", "sgd").Code);
        FreezeRun failed = FreezeRun.Of("train", "--resume", Run);
        Assert.Equal(2, failed.Code);
        Assert.Contains("has failed, and would fail again", Assert.Single(failed.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public void Case43_AnExceptionInTrainingLeavesTheLastWeights()
    {
        FreezeRun failed = FreezeRun.With(
            names => names.Metrics.Add("mine", "mine", "Throws at its second epoch.", _ => new Throws()), "train", "--model", "mlp:6,8,3", "--data", images.Root, "--epochs", "3", "--batch", "8", "--device", "cpu", "--out", Run, "--metrics", "mine");
        Assert.Equal(1, failed.Code);
        Assert.Contains("metric 'mine' failed at step 8", failed.Error, StringComparison.Ordinal);
        Assert.Equal(["best.safetensors", "last.safetensors"], Directory.GetFiles(Run, "*.safetensors").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(3, "x,y,label", "a", "mean and deviation of the training samples")]
    [InlineData(1, "x,z,label", "a", "the samples")]
    [InlineData(1, "x,y,label", "c", "the classes or targets")]
    [InlineData(1, "x,y,label", "a", null)]
    public void OnOtherDataItDoesNotGoOnAndCutsNothing(int factor, string header, string name, string? differs)
    {
        string table = Path.Combine(folder.Root, "table.csv");
        Write(1, "x,y,label", "a");
        Assert.Equal(0, FreezeRun.Of("train", "--model", "mlp:2,4,2", "--data", $"csv:{table}", "--epochs", "3", "--batch", "8", "--device", "cpu", "--out", Run, "--checkpoint-every", "5").Code);
        byte[] metrics = File.ReadAllBytes(Path.Combine(Run, "metrics.csv"));
        File.Delete(Path.Combine(Run, "summary.json"));
        Write(factor, header, name);
        FreezeRun again = FreezeRun.Of("train", "--resume", Run);
        if (differs is null)
        {
            Assert.Equal((0, ""), (again.Code, again.Error));
            return;
        }
        Assert.Equal((2, $"error: '{Run}' cannot go on: data 'csv:{table}' are not those that it began with; what differs: {differs}.\n"), (again.Code, again.Error.ReplaceLineEndings("\n")));
        Assert.Equal(metrics, File.ReadAllBytes(Path.Combine(Run, "metrics.csv")));

        void Write(int factor, string header, string name) => File.WriteAllLines(table, [header, .. Enumerable.Range(0, 40).Select(i => $"{factor * i},{i % 7},{(i % 3 == 0 ? name : "b")}")]);
    }

    private FreezeRun Train(params string[] further) => FreezeRun.Of(["train", "--model", "mlp:6,8,3", "--data", images.Root, "--epochs", "3", "--batch", "8", "--device", "cpu", "--out", Run, .. further]);

    private sealed class Throws : IMetric
    {
        private int epochs;

        public string Name => "mine";

        public Better Better => Better.Higher;

        public bool IsTable => false;

        public void Begin(int classes)
        {
            if (++epochs == 2) throw new InvalidOperationException("not today");
        }

        public void Accumulate(in MetricBatch batch)
        {
        }

        public MetricValue Value() => new(1);
    }
}
