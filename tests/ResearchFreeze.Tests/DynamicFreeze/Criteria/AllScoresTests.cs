using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class AllScoresTests
{
    [Fact]
    public void EveryScoreAndEveryNumberIsReadBackAsItWas()
    {
        var criterion = new AllScores(new GradientNormSize(), new WeightChange());
        var history = new UnitHistory();
        history.Add(Of(8, 0.1, 4, 0.09, 1));
        history.Add(Of(16, 0.3, 1.0 / 3, 0.0025, 1));
        Assert.True(double.IsNaN(criterion.Score(history)));
        IReadOnlyList<(string Name, double Value)> found = AllScores.Read(criterion.Explain(history))!;
        Assert.Equal(new GradientNormSize().Score(history), Value("gradient-norm-size"));
        Assert.Equal(new WeightChange().Score(history), Value("weight-change"));
        Assert.Equal((8, 0.3), (Value(AllScores.IntervalSteps), Value(AllScores.IntegratedRate)));
        Assert.Equal(1.0 / 3, Value("gradient-norm.squares"));
        Assert.Equal(["gradient-norm-size", "weight-change"], found.Select(pair => pair.Name).Where(AllScores.IsScore));

        double Value(string name) => found.Single(pair => pair.Name == name).Value;
    }

    [Fact]
    public void APriceIsANumberOfItsOwnWhereACriterionKnowsOne()
    {
        var history = new UnitHistory();
        var observation = new Observation(8, 8, 0.2) { StepGain = 10, StepMemory = 0.9, RemainingRate = 1.5 };
        observation.Add("displacement", [0.01, 0.08, 0.07, 0.08, 0.01]);
        history.Add(observation);
        // What freezes by drift at the price of the debt has the debt as its price; the debt alone has it as its score too, and drift has none.
        var debt = new AnnealingDebt(checks: 1);
        Assert.Equal(0.08 / (4 * 10 * 0.2), debt.Score(history), 12);
        Assert.Equal([("drift", double.NaN), ("price.drift", debt.Score(history))], Named(new Priced(new Drift(), debt)));
        Assert.Equal([("annealing-debt", debt.Score(history)), ("price.annealing-debt", debt.Score(history))], Named(debt));
        Assert.Equal([("drift", double.NaN)], Named(new Drift()));
        IReadOnlyList<(string Name, double Value)> found = AllScores.Read(new AllScores(debt).Explain(history))!;
        // With these a price can be worked out from the data set alone.
        foreach ((string name, double value) in new[] { (AllScores.StepGain, 10), (AllScores.StepMemory, 0.9), (AllScores.RemainingRate, 1.5), ("displacement.cost", 0.08) }) Assert.Contains((name, value), found);

        IEnumerable<(string Name, double Value)> Named(ICriterion criterion) => AllScores.Read(new AllScores(criterion).Explain(history))!.Where(pair => AllScores.IsScore(pair.Name) || pair.Name.StartsWith(AllScores.Price, StringComparison.Ordinal));
    }

    [Fact]
    public void WhatHasNoOpinionIsNoNumberAndAUnitThatWasNotObservedHasNothing()
    {
        var history = new UnitHistory();
        history.Add(Of(8, 0.1, double.NaN, 0.09, 1));
        Assert.StartsWith("gradient-norm-size=NaN weight-change=", new AllScores(new GradientNormSize(), new WeightChange()).Explain(history), StringComparison.Ordinal);
        Assert.Null(AllScores.Read("not observed yet"));
        Assert.Contains("'drift=x' is no score", Assert.Throws<FormatException>(() => AllScores.Read("drift=x")).Message, StringComparison.Ordinal);
        Assert.Contains("is there twice", Assert.Throws<ArgumentException>(() => new AllScores(new WeightChange(), new WeightChange())).Message, StringComparison.Ordinal);
        Assert.Contains("at least one", Assert.Throws<ArgumentException>(() => new AllScores([])).Message, StringComparison.Ordinal);
    }

    private static Observation Of(int step, double rate, double gradient, double distance, double norm)
    {
        var observation = new Observation(step, 8, rate);
        observation.Add("gradient-norm", [gradient]);
        observation.Add("weight-distance", [distance, norm]);
        return observation;
    }
}
