using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Training.Validation;

public class PlantedTaskTests
{
    private const int Interval = PlantedPolicies.Interval;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void ACriterionThatKnowsFreezesThePrefixOneUnitACheckAndNothingElse(int finished)
    {
        PlantedTask task = PlantedTask.Prefixes(PlantedPolicies.Short)[finished - 1];
        CriterionScore score = task.Run(PlantedPolicies.Knowing(unit => task.Finished.Contains(unit) ? 0 : 1), 3).Score;
        Assert.Equal(new CriterionScore(finished, finished, finished, finished, 0, 0, Interval * (finished + 1) / 2.0), score);
        Assert.Equal((1.0, 1.0), (score.Precision, score.Recall));
    }

    [Fact]
    public void ACriterionThatAlwaysSaysFinishedFreezesAllButTheHead()
    {
        Policy always = PlantedPolicies.Knowing(_ => 0);
        CriterionScore score = PlantedTask.Prefixes(PlantedPolicies.Short)[1].Run(always, 3).Score;
        Assert.Equal((2 / 5.0, 1.0, 3, Interval * 1.5), (score.Precision, score.Recall, score.WrongFreezes, score.Delay));
        CriterionScore nothing = PlantedTask.Null(PlantedPolicies.Short).Run(always, 3).Score;
        Assert.Equal((0.0, double.NaN, 5), (nothing.Precision, nothing.Recall, nothing.WrongFreezes));
    }

    [Fact]
    public void ACriterionThatNeverSaysFinishedFreezesNothing()
    {
        PlantedRun run = PlantedTask.Prefixes(PlantedPolicies.Short)[1].Run(PlantedPolicies.Knowing(_ => 1), 3);
        Assert.Empty(run.Decisions);
        Assert.Equal((double.NaN, 0.0), (run.Score.Precision, run.Score.Recall));
    }

    [Fact]
    public void ATaskKnowsWhatEachKindOfRuleShouldFreeze()
    {
        Assert.Equal(["0", "0 1", "0 1 2", "0 1 2 3"], PlantedTask.Prefixes().Select(task => string.Join(' ', task.Finished)));
        Assert.All(PlantedTask.Prefixes(), task => Assert.Equal(task.Finished, task.FinishedPrefix));
        Assert.Equal(["0 2 4", "1 3"], PlantedTask.Scattered().Select(task => string.Join(' ', task.Finished)));
        Assert.Equal(["0", ""], PlantedTask.Scattered().Select(task => string.Join(' ', task.FinishedPrefix)));
        Assert.Empty(PlantedTask.Null().Finished);
    }

    [Fact]
    public void AKnowingCriterionUnderAPrefixRuleFindsThePrefixOfScatteredUnits()
    {
        foreach (PlantedTask task in PlantedTask.Scattered(PlantedPolicies.Short))
        {
            PlantedRun run = task.Run(PlantedPolicies.Knowing(unit => task.Finished.Contains(unit) ? 0 : 1), 3);
            int prefix = task.FinishedPrefix.Count;
            Assert.Equal((prefix, 0, prefix == 0 ? double.NaN : 1.0), (run.Score.Frozen, run.Score.WrongFreezes, run.PrefixScore.Recall));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnUnfinishedUnitIsNotFinishedAtHalfTimeEither(bool cosine)
    {
        // Each alone: its loss at the end, where it rested from half-time on, is clearly larger.
        PlantedTask task = FirstTwo(cosine);
        double trained = task.Run(Freezing([], 0), 1).ExcessLoss;
        for (int unit = 2; unit < task.Settings.Units; unit++)
        {
            double rested = task.Run(Freezing([unit], task.Settings.Steps / 2), 1).ExcessLoss;
            Assert.True(rested > trained + 0.1, $"unit {unit}: {trained} trained, {rested} at rest from half-time on");
        }
    }

    [Fact]
    public void AFinishedUnitGainsNothingFromTraining()
    {
        for (ulong seed = 1; seed <= 3; seed++)
        {
            PlantedTask task = PlantedTask.Prefixes()[3];
            double trained = task.Run(Freezing([], 0), seed).ExcessLoss, rested = task.Run(Freezing([0, 1, 2, 3], 0), seed).ExcessLoss;
            Assert.True(rested < trained, $"seed {seed}: {trained} trained, {rested} at rest");
        }
    }

    [Fact]
    public void GradientNormsOfFinishedAndUnfinishedUnitsAreAlike()
    {
        PlantedTask task = FirstTwo(cosine: false);
        var shown = new List<CheckContext>();
        task.Run(PlantedPolicies.Scripted((context, _) => shown.Add(context), new GradientNorm()), 1);
        double[] norms = [.. Enumerable.Range(0, task.Settings.Units).Select(unit => shown[^1].Units[unit].History.All.Average(GradientNorm.Norm))];
        Assert.All(norms[..2], finished => Assert.All(norms[2..], unfinished => Assert.InRange(finished / unfinished, 0.8, 1.1)));
    }

    [Fact]
    public void TheSameSeedGivesTheSameRunAndAnotherAnother()
    {
        PlantedTask task = PlantedTask.Prefixes(PlantedPolicies.Short)[1];
        PlantedRun first = Run(3), again = Run(3), other = Run(4);
        Assert.NotEmpty(first.Decisions);
        Assert.Equal(first.ExcessLoss, again.ExcessLoss);
        Assert.Equal(first.Decisions.Select(entry => entry.ToString()), again.Decisions.Select(entry => entry.ToString()));
        Assert.NotEqual(first.ExcessLoss, other.ExcessLoss);

        PlantedRun Run(ulong seed) => task.Run(new Policy(new WeightChange(), new PrefixPatience(1, 0.95), _ => FreezeOptions.WithoutTriggers with { CheckEvery = 10 }), seed);
    }

    [Fact]
    public void RunsSideBySideGiveWhatRunsOneAfterTheOtherGive()
    {
        Contender[] contenders = [new("eager", () => PlantedPolicies.Knowing(_ => 0)), new("never", () => PlantedPolicies.Knowing(_ => 1))];
        IReadOnlyList<PlantedTask> tasks = PlantedTask.Prefixes(PlantedPolicies.Short);
        IReadOnlyList<PlantedSummary> one = CriterionValidation.Planted(contenders, tasks, 2, threads: 1), three = CriterionValidation.Planted(contenders, tasks, 2, threads: 3);
        Assert.Equal(one, three);
        // A device that all runs share has no memory of the ones before.
        using var cpu = new CpuDevice(1);
        Assert.Equal(one, CriterionValidation.Planted(contenders, tasks, 2, device: cpu));
        Assert.Equal(0, cpu.Counters.LiveBytes);
        using var reference = new ReferenceDevice();
        IReadOnlyList<PlantedSummary> exact = CriterionValidation.Planted(contenders, tasks, 2, device: reference);
        Assert.All(one.Zip(exact), pair => Assert.InRange(pair.Second.ExcessLoss / pair.First.ExcessLoss, 0.9999, 1.0001));
        // Of five frozen units 1, 2, 3, 4 are right, twice each.
        Assert.Equal((8, 0.5, 1.0, 20), (one[0].Runs, one[0].Precision, one[0].Recall, one[0].WrongFreezes));
        Assert.Equal((double.NaN, 0.0, 0), (one[1].Precision, one[1].Recall, one[1].WrongFreezes));
        Assert.NotEqual(one[0].ExcessLoss, one[1].ExcessLoss);
    }

    [Fact]
    public void WhatIsWrongWithARunIsSaidPlainly()
    {
        Assert.Contains("[0, 5), found 5", Assert.Throws<ArgumentOutOfRangeException>(() => new PlantedTask("bad", new PlantedSettings(), 5)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new PlantedSettings { Steps = 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new PlantedSettings { LearningRate = float.NaN });
        Contender[] many = [new("static", () => new Policy(new WeightChange(), new Static(6), _ => FreezeOptions.WithoutTriggers))];
        ArgumentException error = Assert.Throws<ArgumentException>(() => CriterionValidation.Planted(many, [PlantedTask.Null(PlantedPolicies.Short)], 2));
        Assert.StartsWith("static: 6 units to freeze, but the model has 6", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => CriterionValidation.Planted(many, [PlantedTask.Null()], 0));
    }

    private static PlantedTask FirstTwo(bool cosine) =>
        PlantedTask.Prefixes(cosine ? new PlantedSettings { Schedule = (rate, steps) => new Cosine(rate, steps) } : new PlantedSettings())[1];

    /// <summary>Freezes units at the first check from a step on.</summary>
    private static Policy Freezing(int[] units, int from) => PlantedPolicies.Scripted((context, decision) =>
    {
        if (context.Step < from) return;
        foreach (int unit in units) decision.Freeze(unit, "told to");
    });
}
