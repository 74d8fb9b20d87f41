using ResearchFreeze.Data;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Evaluation;

public sealed class ComparisonPlanTests : IDisposable
{
    // 8 epochs of 50 steps: 400, of which 180 are 45 %.
    private static readonly ShortRun Measured = new(20, 0.01, 0.1, 0.2, 0.5, 50, 400, Units: 3, "accuracy", HigherIsBetter: true);
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void EverySeedHasTheControlCurveTheMethodsAndThePrefixes()
    {
        ComparisonPlan plan = Plan("cosine:warmup=0.1", ["never", "adaptive", "static:2"]);
        Assert.Equal(["adaptive", "static:2"], plan.Methods);
        string[] names = [.. plan.All.Where(run => run.Seed == 3).Select(run => run.Name)];
        Assert.Equal(
            [
                "full-cosine-0.3-s3", "full-cosine-0.45-s3", "full-cosine-0.6-s3", "full-cosine-0.8-s3", "never-s3", "full-linear-0.3-s3", "full-linear-0.45-s3", "full-linear-0.6-s3", "full-linear-0.8-s3", "full-linear-1-s3",
                "adaptive-s3", "static-2-s3", "static-1-s3", "static-3-s3", "shuffled-adaptive-s3", "spent-adaptive-s3",
            ], names);
        // A seed's runs lie beside each other.
        Assert.Equal([.. Enumerable.Repeat(3UL, 16), .. Enumerable.Repeat(5UL, 16)], plan.All.Select(run => run.Seed));
        Assert.Equal((10, 2, 2), (plan.All.Count(run => run.Seed == 3 && run.Role == RunRole.Control), plan.All.Count(run => run.Seed == 3 && run.Role == RunRole.Method), plan.All.Count(run => run.Seed == 3 && run.Role == RunRole.Prefix)));
        PlannedRun shuffled = plan.All.Single(run => run.Name == "shuffled-adaptive-s5");
        Assert.Equal((RunRole.Other, "shuffled of adaptive", "adaptive-s5", "shuffled:run=study/runs/adaptive-s5"), (shuffled.Role, shuffled.Method, shuffled.Needs, shuffled.Settings["--policy"]));
        PlannedRun spent = plan.All.Single(run => run.Name == "spent-adaptive-s5");
        Assert.Equal((RunRole.Other, "adaptive, saving spent", "adaptive-s5", "study/runs/adaptive-s5", "adaptive"), (spent.Role, spent.Method, spent.Needs, spent.Settings["--spend-saving"], spent.Settings["--policy"]));
        Assert.DoesNotContain(spent.Settings.Keys, name => name is "--epochs" or "--steps");
        PlannedRun shorter = plan.All.First(run => run.Name == "full-linear-0.45-s5");
        Assert.Equal("freeze train --model cnn --data fashion-mnist-small --policy never --steps 180 --batch 128 --optimizer sgd:decay=0.0001,clip=1 --lr 0.2 --schedule linear:warmup=0.1 --seed 5 --device auto --out study/runs/full-linear-0.45-s5", shorter.Command);
        Assert.Equal(("8", "cosine:warmup=0.1"), (plan.All.First(run => run.Name == "never-s3").Settings["--epochs"], plan.All.First(run => run.Name == "never-s3").Settings["--schedule"]));
    }

    [Theory]
    // A part of the run stays that part; a number of steps is shortened with it.
    [InlineData("cosine:warmup=0.1", "cosine", 0.45, "cosine:warmup=0.1")]
    [InlineData("cosine:warmup=40", "linear", 0.45, "linear:warmup=18")]
    [InlineData("linear", "cosine", 0.3, "cosine")]
    [InlineData("one-cycle", "cosine", 1, "cosine")]
    public void TheScheduleEndsWithTheRun(string schedule, string control, double fraction, string text)
    {
        RunSettings settings = ControlLengths.Of(new RunSettings { Schedule = schedule }, 400, control, fraction);
        Assert.Equal((text, fraction == 1 ? null : (int?)Math.Round(400 * fraction), "never"), (settings.Schedule, settings.Steps, settings.Policy));
    }

    [Fact]
    public void ARecipeWithAnotherScheduleIsFullTrainingBesideTheCurve()
    {
        ComparisonPlan plan = Plan("one-cycle", ["adaptive"]);
        Assert.Equal((RunRole.Method, "one-cycle"), plan.All.Where(run => run.Name == "never-s3").Select(run => (run.Role, run.Settings["--schedule"])).Single());
        Assert.Equal(10, plan.All.Count(run => run.Seed == 3 && run.Role == RunRole.Control));
    }

    [Fact]
    public void APartOfOneOrTwoStepsIsNotFullTraining()
    {
        foreach (int steps in (int[])[1, 2])
        {
            ComparisonPlan plan = new ComparisonRequest(new RunSettings { Steps = steps, Schedule = "cosine" }, ["adaptive"], [3]).Plan("study", Measured with { TotalSteps = steps }, new RunCatalogues());
            Assert.Equal(["full-cosine-0.3-s3", "full-cosine-0.45-s3", "full-cosine-0.6-s3", "full-cosine-0.8-s3", "never-s3"], plan.All.Take(5).Select(run => run.Name));
        }
    }

    [Theory]
    [InlineData(5, "Full training has 5 steps, which is too short for a control curve of 5 lengths: of them 30 % and 45 % have 2, and are the same runs.")]
    [InlineData(1, "Full training has one step, which is too short for a control curve of 5 lengths: of them 30 % and 45 % and 60 % and 80 % and 100 % have 1, and are the same runs.")]
    [InlineData(6, null)]
    [InlineData(400, null)]
    public void LengthsThatAreEqualAreSaid(int steps, string? says)
    {
        Assert.Equal(says, ControlLengths.Equal(steps));
        if (steps < 7) return;
        int[] lengths = [.. Enumerable.Range(6, steps).Where(total => ControlLengths.Equal(total) is not null)];
        Assert.Empty(lengths);
    }

    [Fact]
    public void ThatNoMethodHasControlsIsSaid()
    {
        ComparisonPlan plan = new ComparisonRequest(new RunSettings { Epochs = 8 }, ["adaptive:together=1"], [3]).Plan("study", Measured, new RunCatalogues());
        Assert.Equal(["best static prefix, shuffled and other controls: no method has them (--controls-of)"], plan.NotRun);
        Assert.Contains(Plan("cosine", ["adaptive"]).NotRun, reason => reason == "timeline from other tasks: no comparison of another task is given (--timeline-from)");
    }

    /// <summary>Without a head something must train all the same: a prefix of all units would end the comparison where its turn comes.</summary>
    [Theory]
    [InlineData(3, true, 3)]
    [InlineData(3, false, 2)]
    [InlineData(1, false, 0)]
    public void APrefixLeavesAUnitToTrain(int units, bool hasHead, int prefixes)
    {
        ComparisonPlan plan = new ComparisonRequest(new RunSettings { Epochs = 8 }, ["adaptive"], [3]) { ControlsOf = "adaptive" }.Plan("study", Measured with { Units = units, HasHead = hasHead }, new RunCatalogues());
        Assert.Equal(Enumerable.Range(1, prefixes).Select(count => $"static:{count}"), plan.All.Where(run => run.Role == RunRole.Prefix).Select(run => run.Method));
        Assert.Equal(prefixes == 0, plan.NotRun.Contains("best static prefix: the model has one unit, which must train"));
    }

    [Fact]
    public void FullTrainingHasNoControlsOfItsOwn() => Assert.Equal(
        "--controls-of never has no effect: full training is every method's control, and has none of its own.",
        Assert.Throws<ArgumentException>(() => new ComparisonRequest(new RunSettings(), ["never", "adaptive"], [3]) { ControlsOf = "never" }.Plan("study", Measured, new RunCatalogues())).Message);

    /// <summary>A policy's setting ends at a comma: the path of a run to shuffle once did.</summary>
    [Fact]
    public void AMethodWithSeveralSettingsCanBeShuffled()
    {
        const string Method = "prefix-patience:together=1,threshold=0.9";
        ComparisonPlan plan = new ComparisonRequest(new RunSettings { Epochs = 8 }, [Method], [3]) { ControlsOf = Method }.Plan("study", Measured, new RunCatalogues());
        PlannedRun shuffled = plan.All.Single(run => run.Method.StartsWith("shuffled", StringComparison.Ordinal)), repeated = plan.All.Single(run => run.Name == shuffled.Needs);
        Assert.Equal($"shuffled:run={ComparisonPlan.FolderOf("study", repeated)}", shuffled.Settings["--policy"]);
        Assert.Equal((Method, 1), (repeated.Method, Spec.Parse(shuffled.Settings["--policy"]).ToString()!.Split(',').Length));
    }

    /// <summary>A budget is a rule, and takes a criterion of one's choice.</summary>
    [Fact]
    public void ACriterionAndARuleAreAMethod()
    {
        const string Method = "taylor-importance/budget:flops=0.5,cut=1";
        Assert.Equal([Method, "weight-change:x=1/threshold", "timeline:at=0.1/0.2"], MethodList.Methods($"{Method},weight-change:x=1/threshold,timeline:at=0.1/0.2", new RunCatalogues().Policies.Names));
        Assert.Equal(("timeline:at=0.1/0.2", null, null), Parts("timeline:at=0.1/0.2"));
        Assert.Equal((null, "weight-change:x=1", "threshold+prefix"), Parts("weight-change:x=1/threshold+prefix"));
        Assert.Equal((null, "weight-chang", "threshold:patience=2"), Parts("weight-chang/threshold:patience=2"));
        Assert.Equal(("adaptve", null, null), Parts("adaptve"));
        Assert.Equal(("shuffled:run=runs/none", null, null), Parts("shuffled:run=runs/none"));
        ComparisonPlan plan = new ComparisonRequest(new RunSettings { Epochs = 8 }, ["adaptive", Method], [3]) { ControlsOf = Method }.Plan("study", Measured, new RunCatalogues());
        PlannedRun run = plan.All.Single(found => found.Method == Method);
        Assert.Equal(("taylor-importance", "budget:flops=0.5,cut=1", false), (run.Settings["--criterion"], run.Settings["--rule"], run.Settings.ContainsKey("--policy")));
        Assert.Contains("--criterion taylor-importance --rule budget:flops=0.5,cut=1", run.Command, StringComparison.Ordinal);
        Assert.Equal(("taylor-importance-budget-flops=0.5-cut=1-s3", $"{Method}, saving spent"), (run.Name, plan.All.Last().Method));
        Assert.Equal("taylor-importance", plan.All.Last().Settings["--criterion"]);

        static (string?, string?, string?) Parts(string method) => MethodList.With(new RunSettings { Policy = "never" }, method, new RunCatalogues()) is var settings ? (settings.Policy, settings.Criterion, settings.Rule) : default;
    }

    [Fact]
    public void FromATrainedStartTheUsualWaysToAdaptAreControls()
    {
        var catalogues = new RunCatalogues();
        Assert.Empty(TrainedStart.Controls(new RunSettings(), 400, catalogues));
        RunSettings full = new() { From = "weights.safetensors", LearningRate = 0.1f };
        IReadOnlyList<OtherControl> controls = TrainedStart.Controls(full, 400, catalogues);
        Assert.Equal(["head-only", "lp-ft", "head, converged"], controls.Select(control => control.Name));
        Assert.Equal(full with { Policy = "head-only", Steps = 2000, Cache = "auto" }, controls[2].Settings);
        // What divides by the gradient's size takes ten times the rate where few weights train.
        Assert.Equal((0.001f, "memory=1GB"), TrainedStart.Controls(full with { Optimizer = "adamw", LearningRate = 0.0001f, Cache = "memory=1GB" }, 400, catalogues)[2].Settings is var head ? (head.LearningRate, head.Cache) : default);
        ComparisonPlan plan = new ComparisonRequest(full, ["adaptive", "head-only"], [3]) { ControlsOf = "adaptive", Others = controls }.Plan("study", Measured, catalogues);
        Assert.Equal([(RunRole.Method, "head-only"), (RunRole.Other, "lp-ft"), (RunRole.Other, "head, converged")], plan.All.Where(run => run.Method is "head-only" or "lp-ft" or "head, converged").Select(run => (run.Role, run.Method)));
        Assert.Equal(("2000", "head--converged-s3"), plan.All.Single(run => run.Method == "head, converged") is var run ? (run.Settings["--steps"], run.Name) : default);
        Assert.DoesNotContain(plan.NotRun, reason => reason.Contains("trained start", StringComparison.Ordinal));
    }

    [Fact]
    public void ARunsFolderIsNoComparisons()
    {
        ComparisonPlan plan = new ComparisonRequest(new RunSettings { Epochs = 8 }, ["adaptive"], [3]).Plan("study", Measured, new RunCatalogues());
        File.WriteAllText(Path.Combine(folder.Root, "config.json"), "{}");
        Assert.Equal($"'{folder.Root}' is a run's folder; give the comparison one of its own.", Assert.Throws<IOException>(() => ComparisonFolder.Take(folder.Root, plan, goesOn: false, overwrites: false)).Message);
        Assert.Single(Directory.GetFileSystemEntries(folder.Root));
    }

    [Fact]
    public void AFoldersNameIsOneThatAFileSystemTakes()
    {
        string file = Path.Combine(folder.Root, new string('x', 100), new string('y', 200));
        ComparisonPlan plan = new ComparisonRequest(new RunSettings { Epochs = 8 }, [$"shuffled:run={file}", $"shuffled:run={file}z"], [3]).Plan("study", Measured, new RunCatalogues());
        string[] names = [.. plan.All.Select(run => run.Name)];
        Assert.All(names, name => Assert.InRange(name.Length, 5, 130));
        Assert.Equal(names.Length, names.Distinct().Count());
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        Assert.Contains("at least one method beside full training", Assert.Throws<ArgumentException>(() => Plan("cosine", ["never"])).Message, StringComparison.Ordinal);
        Assert.Contains("'static:2' must be one of the methods, adaptive", Assert.Throws<ArgumentException>(() => Plan("cosine", ["adaptive"], "static:2")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void APlanIsReadBackAndAnotherOneIsRefused()
    {
        ComparisonPlan plan = Plan("cosine", ["adaptive"]);
        string at = Path.Combine(folder.Root, "study");
        ComparisonFolder.Take(at, plan, goesOn: false, overwrites: false);
        var read = ComparisonPlan.Read(at);
        Assert.Null(plan.Difference(read));
        Assert.Equal(plan.All.Select(run => (run.Name, run.Command, run.Role, run.Fraction)), read.All.Select(run => (run.Name, run.Command, run.Role, run.Fraction)));
        Assert.Contains("has this comparison already; --only-missing goes on with it", Assert.Throws<IOException>(() => ComparisonFolder.Take(at, plan, goesOn: false, overwrites: false)).Message, StringComparison.Ordinal);
        ComparisonFolder.Take(at, plan, goesOn: true, overwrites: false);
        ComparisonPlan other = Plan("linear", ["adaptive"]);
        Assert.Contains("has another comparison: ", Assert.Throws<IOException>(() => ComparisonFolder.Take(at, other, goesOn: true, overwrites: false)).Message, StringComparison.Ordinal);
        ComparisonFolder.Take(at, other, goesOn: false, overwrites: true);
        Assert.Null(other.Difference(ComparisonPlan.Read(at)));
    }

    [Fact]
    public void SeedsMethodsAndControlsAreAddedToAComparison()
    {
        var catalogues = new RunCatalogues();
        ComparisonPlan Of(string[] methods, ulong[] seeds, string? controlsOf = null, int jobs = 1, float rate = 0.2f) =>
            new ComparisonRequest(new RunSettings { Epochs = 8, LearningRate = rate }, methods, seeds) { ControlsOf = controlsOf, Jobs = jobs }.Plan("study", Measured, catalogues);
        ComparisonPlan few = Of(["static:1"], [3]), many = Of(["adaptive", "static:1"], [2, 3], "adaptive", jobs: 2);
        string at = Path.Combine(folder.Root, "study");
        ComparisonFolder.Take(at, few, goesOn: false, overwrites: false);
        Assert.Equal(
            $"'{at}' has {few.All.Count} of this comparison's {many.All.Count} runs already; --only-missing goes on with it, freeze compare --overwrite makes it anew.",
            Assert.Throws<IOException>(() => ComparisonFolder.Take(at, many, goesOn: false, overwrites: false)).Message);
        Assert.Null(few.Difference(ComparisonPlan.Read(at)));

        ComparisonFolder.Take(at, many, goesOn: true, overwrites: false);
        Assert.Null(many.Difference(ComparisonPlan.Read(at)));

        // Nothing that is there is left out, nor made with other settings.
        (ComparisonPlan Plan, string Says)[] others =
        [
            (few, "methods 'static:1', there 'adaptive' too"), (Of(["adaptive", "static:1"], [2], "adaptive"), "seeds '2', there '3' too"), (Of(["adaptive", "static:1"], [2, 3]), "controls of 'none', there 'adaptive'"),
            (Of(["adaptive", "static:1"], [2, 3, 4], "adaptive", rate: 0.1f), "--lr '0.1', there '0.2'"),
        ];
        foreach ((ComparisonPlan plan, string says) in others)
            Assert.Equal($"'{at}' has another comparison: {says}; give another folder, or replace it with freeze compare --overwrite.", Assert.Throws<IOException>(() => ComparisonFolder.Take(at, plan, goesOn: true, overwrites: false)).Message);
        Assert.Null(many.Difference(ComparisonPlan.Read(at)));
    }

    [Theory]
    [InlineData("\"schema\": 1", "\"schema\": 9", "schema 9, expected 1")]
    [InlineData("\"name\": \"never-s3\"", "\"name\": \"../never\"", "'../never' is no name of a run's folder")]
    [InlineData("\"role\": \"control\"", "\"role\": \"rival\"", "must be method or control or prefix or other, found \"rival\"")]
    public void ADamagedPlanIsOneLine(string before, string after, string says)
    {
        Plan("cosine", ["adaptive"]).Write(folder.Root);
        string path = Path.Combine(folder.Root, ComparisonPlan.File);
        File.WriteAllText(path, File.ReadAllText(path).Replace(before, after, StringComparison.Ordinal));
        Assert.Contains(says, Assert.Throws<FormatException>(() => ComparisonPlan.Read(folder.Root)).Message, StringComparison.Ordinal);
        // What is no plan is not overwritten.
        Assert.Throws<FormatException>(() => ComparisonFolder.Take(folder.Root, Plan("cosine", ["adaptive"]), goesOn: false, overwrites: true));
    }

    [Fact]
    public void ACommandCanBePasted() => Assert.Equal("train --from '/my data/it'\\''s' --lr 0.1", TrainLine.Shell(["train", "--from", "/my data/it's", "--lr", "0.1"]));

    [Fact]
    public void ADurationIsThatOfItsStepsAndEvaluations() => Assert.Equal(0.5 + (120 * 0.01) + (3 * 0.1) + 0.2, Measured.Seconds(120), 12);

    private static ComparisonPlan Plan(string schedule, string[] methods, string? controlsOf = null) =>
        new ComparisonRequest(new RunSettings { Epochs = 8, Schedule = schedule }, methods, [3, 5]) { ControlsOf = controlsOf ?? (methods.Contains("adaptive") ? "adaptive" : null) }.Plan("study", Measured, new RunCatalogues());
}
