using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Tests.Cli;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;
using ShortRun = ResearchFreeze.Evaluation.ShortRun;

namespace ResearchFreeze.Tests.Evaluation;

public sealed class SpentSavingTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static RunSettings Usual { get; } = new() { Epochs = 8 };

    public void Dispose() => folder.Dispose();

    /// <summary>Ten steps that took 700 of 1000 operations leave 300: at the same price 4.29 steps more.</summary>
    [Theory]
    [InlineData(700, 14)]
    [InlineData(1000, 10)]
    [InlineData(300, 33)]
    public void TheStepsAreAsManyAsFullTrainingsOperationsPayFor(long operations, int steps) => Assert.Equal(steps, SpentSaving.Steps(Run(operations), Usual));

    /// <summary>A rule may end a run: of 30 steps that it was to take it took 10, and spares all operations of the others. At 70 a step full training's 3000 pay for 42.9.</summary>
    [Fact]
    public void WhatARunSavesThatItsRuleEndedIsOfAllStepsItWasToTake()
    {
        string run = Run(700), summary = Path.Combine(run, "summary.json"), text = File.ReadAllText(summary);
        Assert.Contains("\"totalSteps\": null", text, StringComparison.Ordinal);
        File.WriteAllText(summary, text.Replace("\"totalSteps\": null", "\"totalSteps\": 30", StringComparison.Ordinal));
        Assert.Equal(43, SpentSaving.Steps(run, Usual));
        // A timeline has the same to take: 700 of full training's 3000.
        Assert.Equal(700 / 3000.0, Assert.IsType<TimelineRule>(new RunCatalogues().Policies.Create($"timeline:at=0.5/0.5,run={run}").Rule).Flops!.Value, 12);
    }

    [Fact]
    public void ARunThatSaysNothingIsRefused()
    {
        string failed = Run(700, "step 3 was not finite"), nothing = Run(0);
        Assert.Equal($"--spend-saving '{failed}': the run failed, so that what it saved is not known.", Assert.Throws<ArgumentException>(() => SpentSaving.Steps(failed, Usual)).Message);
        Assert.Equal($"--spend-saving '{nothing}': the run took no operations.", Assert.Throws<ArgumentException>(() => SpentSaving.Steps(nothing, Usual)).Message);
        Assert.Throws<FileNotFoundException>(() => SpentSaving.Steps(folder.Root, Usual));
    }

    [Fact]
    public void OnTheCommandLineItStandsInPlaceOfALength()
    {
        using var images = new TemporaryFolder();
        FreezeRun.Images(images);
        string at = Path.Combine(folder.Root, "spent"), run = Run(700, settings: Usual with { Model = "mlp:6,8,6,3", Data = images.Root, BatchSize = 8 });
        string[] line = ["train", "--model", "mlp:6,8,6,3", "--data", images.Root, "--batch", "8", "--device", "reference", "--out", at];
        FreezeRun both = FreezeRun.Of([.. line, "--spend-saving", run, "--epochs", "2"]);
        Assert.Equal((2, false), (both.Code, Directory.Exists(at)));
        Assert.Contains("--epochs has no effect with --spend-saving: the run is as long as an earlier one's saving allows.", both.Error, StringComparison.Ordinal);
        // What was saved in other steps buys none of these.
        foreach (string[] other in (string[][])[["--model", "mlp:6,9,3"], ["--batch", "9"], ["--accumulate", "2"], ["--data", "fashion-mnist-small"]])
        {
            FreezeRun wrong = FreezeRun.Of([.. line.Where((_, i) => i == 0 || !other.Contains(line[i - (i % 2 == 0 ? 1 : 0)])), .. other, "--spend-saving", run]);
            Assert.Equal((2, false), (wrong.Code, Directory.Exists(at)));
            Assert.Contains($"that run has {other[0]} '", wrong.Error, StringComparison.Ordinal);
            Assert.Contains($"', and this one '{other[1]}'", wrong.Error, StringComparison.Ordinal);
        }
        Assert.Equal(0, FreezeRun.Of([.. line, "--spend-saving", run]).Code);
        Assert.Equal((14, 14), (RunFolder.ReadSummary(at).Steps, RunFolder.ReadConfig(at).Steps));
    }

    private string Run(long operations, string? failure = null, RunSettings? settings = null)
    {
        var request = new ComparisonRequest(settings ?? Usual, ["adaptive"], [3]);
        PlannedRun planned = request.Plan(folder.Root, new ShortRun(20, 0.01, 0.1, 0.2, 0.5, 50, 400, Units: 3, "accuracy", HigherIsBetter: true), new RunCatalogues()).All[0] with { Name = $"run-{operations}" };
        HandWrittenComparison.Write(folder.Root, planned, operations, 0.5, 0.5, 0.5, failure);
        return ComparisonPlan.FolderOf(folder.Root, planned);
    }
}
