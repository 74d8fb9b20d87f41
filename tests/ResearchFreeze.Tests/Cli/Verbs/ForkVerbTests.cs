using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Cli;

public sealed class ForkVerbTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly TemporaryFolder images = new();

    public ForkVerbTests() => FreezeRun.Images(images);

    private string Run => Path.Combine(folder.Root, "run");

    public void Dispose()
    {
        folder.Dispose();
        images.Dispose();
    }

    [Fact]
    public void AForkIsARunFolderThatEveryVerbReadsAndSaysWhatItCost()
    {
        Train("--checkpoint-every", "at:3+6", "--keep-checkpoints", "all");
        Assert.Equal(["step-00000003.safetensors", "step-00000006.safetensors"], Directory.GetFiles(Path.Combine(Run, "checkpoints")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        FreezeRun fork = FreezeRun.Of("fork", Run, "--step", "5", "--freeze-prefix", "1");
        Assert.Equal((0, ""), (fork.Code, fork.Error));
        string at = $"{Run}-fork-5-prefix-1";
        Assert.Contains(fork.PlainLines(), line => line.StartsWith($"fork of {Run}: the first unit is frozen at step 5; begins with its checkpoint of step 3", StringComparison.Ordinal));
        Assert.Contains(fork.PlainLines(), line => line.Contains("loss on test data", StringComparison.Ordinal));
        // The steps of checkpoints are the run's own.
        Assert.Equal(("60s", Run, "step=5,prefix=1"), (RunFolder.ReadConfig(at).CheckpointEvery, RunFolder.ReadConfig(at).Replay, RunFolder.ReadConfig(at).Fork));
        RunSummary summary = RunFolder.ReadSummary(at);
        Assert.Equal((12, 1), (summary.Steps, summary.Decisions));
        Assert.True(summary.Flops.WeightGradient < summary.FullTrainingFlops.WeightGradient);
        Assert.Contains(FreezeRun.Of("explain", at).PlainLines(), line => line.Contains("step 5, frozen by the fork", StringComparison.Ordinal));
        Assert.Contains(FreezeRun.Of("runs", folder.Root).PlainLines(), line => line.Contains("run-fork-5-prefix-1", StringComparison.Ordinal));
        Assert.Equal(0, FreezeRun.Of("eval", at, "--device", "cpu").Code);
        Assert.Equal(0, FreezeRun.Of("train", "--resume", at).Code);
        // And can be forked, and repeated, itself.
        string again = Path.Combine(folder.Root, "again"), replayed = Path.Combine(folder.Root, "replayed");
        Assert.Equal(0, FreezeRun.Of("fork", at, "--step", "5", "--freeze-prefix", "1", "--out", again).Code);
        Assert.Equal(0, FreezeRun.Of("train", "--replay", at, "--out", replayed).Code);
        foreach (string other in (string[])[again, replayed]) Assert.Equal(File.ReadAllBytes(Path.Combine(at, "last.safetensors")), File.ReadAllBytes(Path.Combine(other, "last.safetensors")));
        Assert.Null(RunFolder.ReadConfig(replayed).Fork);
        Assert.Contains("from the start", string.Join('\n', FreezeRun.Of("fork", Run, "--step", "1", "--freeze", "fc1", "--out", Path.Combine(folder.Root, "early")).PlainLines()), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsWrongIsSaidInOneLineBeforeAnythingIsWritten()
    {
        Train();
        Says("needs one of --keep UNIT, --freeze UNIT and --freeze-prefix K", "--step", "3");
        Says("needs one of --keep UNIT, --freeze UNIT and --freeze-prefix K", "--step", "3", "--keep", "fc1", "--freeze", "fc1");
        Says("there is no unit 'conv9'", "--step", "3", "--freeze", "conv9");
        Says("freezes the head", "--step", "3", "--freeze", "fc2");
        Says("--step must be in [0, 11]", "--step", "12", "--freeze", "fc1");
        Says("a prefix has at least 1 unit", "--step", "3", "--freeze-prefix", "0");
        Says("is there already", "--step", "3", "--freeze", "fc1", "--out", images.Root);
        Assert.Equal([Run], Directory.GetDirectories(folder.Root));

        void Says(string expected, params string[] arguments)
        {
            FreezeRun run = FreezeRun.Of(["fork", Run, .. arguments]);
            Assert.Equal(2, run.Code);
            Assert.Contains(expected, run.Error, StringComparison.Ordinal);
            Assert.Single(run.Error.TrimEnd().Split('\n'));
        }
    }

    private void Train(params string[] more) =>
        Assert.Equal(0, FreezeRun.Of(["train", "--model", "mlp:6,8,3", "--data", images.Root, "--epochs", "3", "--batch", "8", "--device", "cpu", "--threads", "1", "--policy", "never", "--lr", "0.1", "--out", Run, .. more]).Code);
}
