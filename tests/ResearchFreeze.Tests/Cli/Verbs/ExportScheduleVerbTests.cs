using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Cli;

public class ExportScheduleVerbTests
{
    [Fact]
    public void ARunsTimelineIsWrittenOnceAndOnlyReplacedWhereAsked()
    {
        using var folder = new TemporaryFolder();
        string run = Path.Combine(folder.Root, "run"), file = Path.Combine(folder.Root, "schedule.py");
        Assert.Equal(0, FreezeRun.Of("train", "--data", FreezeRun.Images(folder), "--model", "mlp:6,5,4,3", "--epochs", "2", "--batch", "6", "--threads", "1", "--device", "cpu", "--policy", "static:1", "--out", run).Code);

        FreezeRun made = FreezeRun.Of("export-schedule", run, "--to", "torch", "--out", file);
        Assert.Equal((0, $"{file}: 1 freeze and 0 thaws of 3 units", ""), (made.Code, made.Output.TrimEnd(), made.Error));
        string program = File.ReadAllText(file);
        Assert.Contains("EVENTS = [\n    (0, \"fc1\", \"freeze\"),\n]\n", program, StringComparison.Ordinal);

        File.WriteAllText(file, "mine");
        FreezeRun again = FreezeRun.Of("export-schedule", Path.Combine(run, "decisions.jsonl"), "--to", "torch", "--out", file);
        Assert.Equal((2, $"error: '{file}' is there already; give another file, or --overwrite.", "mine"), (again.Code, again.Error.TrimEnd(), File.ReadAllText(file)));
        Assert.Equal(0, FreezeRun.Of("export-schedule", Path.Combine(run, "decisions.jsonl"), "--to", "torch", "--out", file, "--overwrite").Code);
        Assert.Equal(program, File.ReadAllText(file));
        Assert.Empty(Directory.GetFiles(folder.Root, "*.partial"));
    }

    [Theory]
    [InlineData("error: Option '--to' is required.")]
    [InlineData("error: ", "--to", "jax")]
    [InlineData("error: 'nowhere' is not there, expected a run's folder or its decision log.", "--to", "torch")]
    public void WhatCannotBeWrittenIsOneLine(string begin, params string[] options)
    {
        FreezeRun run = FreezeRun.Of(["export-schedule", "nowhere", .. options]);
        Assert.Equal(2, run.Code);
        Assert.StartsWith(begin, Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.False(File.Exists("schedule.py"));
    }

    [Fact]
    public void WhatPyTorchCannotRepeatIsRefusedBeforeAnythingIsWritten()
    {
        using var folder = new TemporaryFolder();
        string log = Path.Combine(folder.Root, "decisions.jsonl"), file = Path.Combine(folder.Root, "schedule.py");
        File.WriteAllText(log, """
            {"schema":3,"criterion":"cut-bias","rule":"dropbp","division":"block","checkEvery":1,"warmUpSteps":0,"units":["block1","head"]}
            {"step":4,"unit":0,"path":"block1","action":"adjust","trigger":"rule","cutRate":0.3,"learningRate":0.1}

            """.ReplaceLineEndings("\n"));
        FreezeRun run = FreezeRun.Of("export-schedule", log, "--to", "torch", "--out", file);
        Assert.Equal((2, $"error: '{log}', line 2: a PyTorch schedule cannot cut the branches of 'block1'; expected freezes, thaws and rates."), (run.Code, run.Error.TrimEnd()));
        Assert.False(File.Exists(file));
    }
}
