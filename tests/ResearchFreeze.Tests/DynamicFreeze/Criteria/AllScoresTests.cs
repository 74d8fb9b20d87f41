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
