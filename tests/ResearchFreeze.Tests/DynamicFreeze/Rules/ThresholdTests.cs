using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class ThresholdTests
{
    private const double NaN = double.NaN;

    [Fact]
    public void EveryUnitIsJudgedByItselfWhereverItIs()
    {
        var game = new RuleGame(5, new Threshold(patience: 2, threshold: 0.5, hysteresis: 2));
        game.Check(NaN, NaN, NaN, NaN, NaN);
        double[][] scores =
        [
            [0.9, 0.4, 0.4, 0.4, 0],
            [0.9, 0.4, 0.7, 1.0, 0],          // 1: second; 2: in between; 3: starts again
            [0.9, 0.4, 0.4, 0.4, 0],          // 2: second
            [0.9, 0.4, 0.4, NaN, 0],
            [0.9, 0.4, 0.4, 0.4, 0],          // 3: second, NaN neither counted nor reset
            [0.4, 0.4, 0.4, 0.4, 0],
        ];
        foreach (double[] row in scores) game.Check(row);
        Assert.Equal(["", "", "1", "12", "12", "123", "123"], game.Log);
    }

    [Fact]
    public void AThawStartsTheCountAgainAndDoublesThePatience()
    {
        var game = new RuleGame(3, new Threshold(patience: 2, threshold: 0.5, hysteresis: 2));
        game.Check(0.9, 0.1, 0);
        game.Check(0.9, 0.1, 0);
        Assert.Equal("1", game.Frozen);
        game.ThawAll();
        for (int i = 0; i < 4; i++) game.Check(0.9, 0.1, 0);
        Assert.Equal(["", "1", "", "", "", "1"], game.Log);
    }

    [Fact]
    public void TheReasonHasTheNumbers()
    {
        FreezeDecision decision = new RuleGame(3, new Threshold(1, 0.5)).Check(0.9, 0.25, 0);
        Assert.Equal("finished at 1 check: score 0.25, limit 0.5", decision.Units[1].Reason);
        Assert.Null(decision.Units[0].Reason);
    }

    [Fact]
    public void OfSeveralHeadsNoneIsFrozenAndAPrefixEndsAtTheFirst()
    {
        foreach (IFreezeRule rule in new IFreezeRule[] { new Threshold(1), new PrefixPatience(1) })
        {
            var game = new RuleGame(4, rule, heads: 2);
            for (int i = 0; i < 6; i++) game.Check(0, 0, 0, 0);
            Assert.Equal("01", game.Frozen);
        }
        Assert.Equal("01", Frozen(new Static(2)));
        Assert.Contains("unit 2", Assert.Throws<ArgumentException>(() => Frozen(new Static(3))).Message, StringComparison.Ordinal);

        static string Frozen(IFreezeRule rule)
        {
            var game = new RuleGame(4, rule, heads: 2);
            game.Check(0, 0, 0, 0);
            return game.Frozen;
        }
    }

    [Fact]
    public void BadSettingsAreNamed()
    {
        Assert.Contains("threshold: patience", Assert.Throws<ArgumentOutOfRangeException>(() => new Threshold(0)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Threshold(threshold: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Threshold(hysteresis: NaN));
    }
}
