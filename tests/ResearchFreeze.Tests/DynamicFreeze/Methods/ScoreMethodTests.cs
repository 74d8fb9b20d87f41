using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>The methods that follow scores, step by step, with what is frozen written down.</summary>
public sealed class ScoreMethodTests
{
    private const double NaN = double.NaN;

    /// <summary>Scores at each check of three units and the head, what is frozen after each, and whether training may stop then.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void GradEsFreezesWhatIsBelowItsThresholdAndStopsWhenNothingIsLeft(bool stops)
    {
        Policy policy = GradEs.Policy(tau: 1, grace: 0.3, stops: stops);
        FreezeOptions options = policy.Options(200);
        Assert.Equal((1, 60, 0d, 0d), (options.CheckEvery, options.WarmUpSteps, options.RateDrop, options.RegressionMargin));
        var game = new RuleGame(4, policy.Rule);
        bool[] stop = [.. ((double[][])[[2, 0.5, 1, NaN], [0.9, 2, NaN, NaN], [3, 3, 1.5, NaN], [3, 3, 0.1, NaN]]).Select(scores => game.Check(scores).Stop)];
        Assert.Equal(["1", "01", "01", "012"], game.Log);
        Assert.Equal([false, false, false, stops], stop);
    }

    [Theory]
    [InlineData(GradEsReading.Paper, "gradient-difference")]
    [InlineData(GradEsReading.Code, "weight-distance-l1")]
    [InlineData(GradEsReading.Norm, "gradient-l1")]
    public void EachReadingOfGradEsMeasuresItsOwn(GradEsReading reading, string statistic)
    {
        Policy policy = GradEs.Policy(reading);
        Assert.Equal(statistic, Assert.Single(policy.Criterion.Statistics).Key);
        var history = new UnitHistory();
        for (int i = 0; i < 2; i++)
        {
            var observation = new Observation(i, 1, 1);
            observation.Add(statistic, [5 - i, 0.125]);
            history.Add(observation);
        }
        Assert.Equal(4, policy.Criterion.Score(history));
    }

    /// <summary>F = ½ of four units: whatever the draw, each has trained after two checks.</summary>
    [Fact]
    public void SlimFitTrainsWhatChangedMostWhenItTrainedLast()
    {
        Policy policy = SlimFit.Policy(0.5);
        Assert.Equal(1, policy.Options(100).CheckEvery);
        var game = new RuleGame(5, policy.Rule);
        game.Check(NaN, NaN, NaN, NaN, NaN);
        string first = game.Frozen;
        Assert.Equal(2, first.Length);
        game.Check(0.1, 0.2, 0.3, 0.4, NaN);
        Assert.Equal("0123", string.Concat((first + game.Frozen).Order()));
        game.Check(0.1, 0.2, 0.3, 0.4, NaN);
        Assert.Equal("01", game.Frozen);
        game.Check(9, 9, 0.05, 0.4, NaN);       // of 0.1, 0.2 as they were, 0.05 and 0.4
        Assert.Equal("02", game.Frozen);
        game.Check(9, 0.5, 9, 0.01, NaN);       // of 0.1, 0.5, 0.05 and 0.01
        Assert.Equal("23", game.Frozen);
    }

    /// <summary>Every pass of every unit costs 1: a full step of four units costs 12, 4 of them forward. Importances, ρ, and what is frozen.</summary>
    [Theory]
    [InlineData(0.75, "9 5 3", "02")]      // 5 for the backward pass: the head takes 2, unit 2 another 2, or unit 1 alone 3; unit 0 alone would take 4
    [InlineData(0.75, "9 1 3", "01")]
    [InlineData(0.834, "9 5 3", "12")]     // 6: unit 0 alone is worth 9, units 1 and 2 together 8
    [InlineData(0.834, "7 5 3", "0")]
    [InlineData(1, "1 1 1", "")]
    [InlineData(0.5, "1 1 1", "012")]      // 2: the head
    public void TheBudgetGoesToTheMostImportantSet(double rho, string importances, string frozen)
    {
        double[] scores = [.. importances.Split(' ').Select(text => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture)), NaN];
        foreach (Policy policy in (Policy[])[GreenTrainer.Policy(rho), ElasticTrainer.Policy(rho)])
        {
            var game = new RuleGame(4, policy.Rule);
            game.Check(NaN, NaN, NaN, NaN);
            Assert.Equal("", game.Frozen);
            game.CostOf = (_, kind) => kind is CostKind.Forward or CostKind.InputGradient or CostKind.WeightGradient ? new Cost(1, 1, 0, 0) : default;
            game.Check(scores);
            Assert.Equal(frozen, game.Frozen);
        }
        Assert.Equal((1, 4), (GreenTrainer.Policy(rho).Options(10).CheckEpochs, ElasticTrainer.Policy(rho).Options(10).CheckEpochs));
    }

    [Fact]
    public void AutoRgnScalesRatesByTheLargestRatio()
    {
        var game = new RuleGame(4, AutoRgn.Policy().Rule);
        Assert.All(game.Check(NaN, NaN, NaN, NaN).Units, unit => Assert.Null(unit.LearningRateScale));
        Assert.Equal([0.25f, 0.5f, null, 1f], game.Check(1, 2, NaN, 4).Units.Select(unit => unit.LearningRateScale));
        Assert.All(game.Check(0, 0, 0, NaN).Units, unit => Assert.Null(unit.LearningRateScale));
        Assert.Equal("", game.Frozen);
    }

    /// <summary>It would do nothing, without a word.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    public void AThresholdBelowAllRatiosIsRefused(double threshold) =>
        Assert.StartsWith(FormattableString.Invariant($"eb-criterion: the threshold must be positive, since no ratio is below 0, found {threshold}."), Assert.Throws<ArgumentOutOfRangeException>(() => EvidenceBased.Policy(threshold)).Message, StringComparison.Ordinal);

    [Fact]
    public void TheEvidenceBasedCriterionSetsRatesToNothingAndBack()
    {
        var game = new RuleGame(4, EvidenceBased.Policy().Rule);
        Assert.All(game.Check(NaN, NaN, NaN, NaN).Units, unit => Assert.Null(unit.LearningRateScale));
        Assert.Equal([0f, 1f, null, 1f], game.Check(0.94, 0.95, NaN, 3).Units.Select(unit => unit.LearningRateScale));
        Assert.Equal([1f, 0f, null, null], game.Check(1, 0.1, NaN, NaN).Units.Select(unit => unit.LearningRateScale));
        Assert.Equal("", game.Frozen);
    }

    /// <summary>P below F at each check: frozen for one check, then for two, tested after each; then it moves again, and the period is halved.</summary>
    [Fact]
    public void ApfFreezesForLongerEachTime()
    {
        Policy policy = Apf.Policy();
        Assert.Equal((5, "effective-perturbation-0.99"), (policy.Options(1000).CheckEvery, policy.Criterion.Statistics[0].Key));
        var game = new RuleGame(2, policy.Rule);
        foreach (double score in (double[])[0.04, 0.04, 0.04, 0.04, 0.04, 0.06, 0.06]) game.Check(score, NaN);
        Assert.Equal(["0", "", "0", "0", "", "0", ""], game.Log);
    }

    [Fact]
    public void SimFreezeComparesWithTheModelOfTheStart()
    {
        Policy policy = SimFreeze.Policy();
        FreezeOptions options = policy.Options(200);
        Assert.Equal((10, 0, 0), (options.CheckEvery, options.ReferenceEvery, options.WarmUpSteps));
        var game = new RuleGame(4, policy.Rule);
        game.Check(NaN, 0.009, 0.011, NaN);
        game.Check(0.5, 0.5, 0.001, NaN);
        Assert.Equal(["1", "12"], game.Log);
    }
}
