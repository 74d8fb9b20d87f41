using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Evaluation;

namespace ResearchFreeze.Tests.Training.Validation;

public class CriterionScoreTests
{
    [Fact]
    public void DecisionsAreScoredByWhatIsFrozenAtTheEnd()
    {
        // Finished are 0, 1, 3. Frozen at the end are 0 (from 40), 1 (from 60) and 2, which is not finished; 3 was thawed.
        DecisionEntry[] decisions =
        [
            Entry(10, 3, FreezeAction.Freeze), Entry(20, 0, FreezeAction.Freeze), Entry(25, 5, FreezeAction.Refuse), Entry(30, 0, FreezeAction.Thaw), Entry(30, 3, FreezeAction.Thaw),
            Entry(40, 0, FreezeAction.Freeze), Entry(60, 1, FreezeAction.Freeze), Entry(70, 2, FreezeAction.Freeze),
        ];
        var score = CriterionScore.Of(decisions, Set(0, 1, 3));
        Assert.Equal(new CriterionScore(Frozen: 3, Right: 2, Expected: 3, Found: 2, WrongFreezes: 1, Thaws: 2, Delay: 50), score);
        Assert.Equal((2 / 3.0, 2 / 3.0), (score.Precision, score.Recall));
    }

    [Fact]
    public void AWrongFreezeThatWasTakenBackStaysCountedAndCostsNoPrecision()
    {
        var score = CriterionScore.Of([Entry(10, 2, FreezeAction.Freeze), Entry(20, 2, FreezeAction.Thaw), Entry(30, 0, FreezeAction.Freeze)], Set(0));
        Assert.Equal((1.0, 1.0, 1, 1, 30.0), (score.Precision, score.Recall, score.WrongFreezes, score.Thaws, score.Delay));
    }

    [Fact]
    public void NothingFrozenHasNoPrecisionAndNothingFinishedNoRecall()
    {
        var none = CriterionScore.Of([], Set(0, 1));
        Assert.Equal((double.NaN, 0.0, double.NaN), (none.Precision, none.Recall, none.Delay));
        var wrong = CriterionScore.Of([Entry(10, 0, FreezeAction.Freeze)], Set());
        Assert.Equal((0.0, double.NaN, double.NaN, 1), (wrong.Precision, wrong.Recall, wrong.Delay, wrong.WrongFreezes));
    }

    [Fact]
    public void APrefixRuleIsExpectedToFindThePrefixAndMayFreezeWhatIsFinishedBehindIt()
    {
        var score = CriterionScore.Of([Entry(10, 0, FreezeAction.Freeze), Entry(30, 3, FreezeAction.Freeze)], Set(0, 1, 3), Set(0, 1));
        Assert.Equal((1.0, 0.5, 0, 20.0), (score.Precision, score.Recall, score.WrongFreezes, score.Delay));
    }

    [Fact]
    public void ASummaryIsTheMeanOverTheRunsThatHaveANumberAndTheSumOfWhatIsCounted()
    {
        var task = new PlantedTask("made up", new PlantedSettings(), 0, 1, 3);
        PlantedRun[] runs =
        [
            new(task, 1, [], 0.1),
            new(task, 2, [Entry(40, 0, FreezeAction.Freeze)], 0.2),
            new(task, 3, [Entry(20, 0, FreezeAction.Freeze), Entry(40, 1, FreezeAction.Freeze), Entry(50, 2, FreezeAction.Freeze), Entry(60, 2, FreezeAction.Thaw), Entry(70, 2, FreezeAction.Freeze)], 0.6),
        ];
        var summary = PlantedSummary.Of(runs);
        Assert.Equal((3, 2, 1), (summary.Runs, summary.WrongFreezes, summary.Thaws));
        Assert.Equal((1 + (2 / 3.0)) / 2, summary.Precision, 1e-12);
        Assert.Equal((0 + (1 / 3.0) + (2 / 3.0)) / 3, summary.Recall, 1e-12);
        Assert.Equal((0 + 0.5 + 1) / 3, summary.PrefixRecall, 1e-12);
        Assert.Equal((40 + 30) / 2.0, summary.Delay, 1e-12);
        Assert.Equal(0.3, summary.ExcessLoss, 1e-12);
        var nothing = PlantedSummary.Of([runs[0]]);
        Assert.Equal((double.NaN, 0.0, double.NaN), (nothing.Precision, nothing.Recall, nothing.Delay));
    }

    private static DecisionEntry Entry(int step, int unit, FreezeAction action) => new(step, unit, $"unit{unit + 1}", action, "rule", "made up", 0.1f, double.NaN, null);

    private static SortedSet<int> Set(params int[] units) => [.. units];
}
