using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class AimdTimerTests
{
    private const double NaN = double.NaN;

    [Fact]
    public void AStableUnitRestsOneCheckLongerEachTimeAndOneThatMovesHalfAsLong()
    {
        // The score that each check shows (a resting unit's is its last) and whether the unit rests after it.
        (double Score, bool Rests)[] checks =
        [
            (NaN, false), (0.1, true), (0.1, false),                                          // period 1: thawed at the next check
            (NaN, false), (0.1, true), (0.1, true), (0.1, false),                             // 2
            (0.1, true), (0.1, true), (0.1, true), (0.1, false),                              // 3
            (0.9, true), (0.9, false),                                                        // 3 / 2 = 1
            (0.5, false), (0.9, false), (0.1, true), (0.1, false),                            // 0: at the threshold is not below it; then 1 again
        ];
        var game = new RuleGame(2, new AimdTimer(0.5));
        foreach ((double score, _) in checks) game.Check(score, 0);
        Assert.Equal(checks.Select(check => check.Rests ? "0" : ""), game.Log);
    }

    [Fact]
    public void AfterAThawAUnitIsTestedAgainWhenItHasAScore()
    {
        var game = new RuleGame(2, new AimdTimer(0.5));
        for (int i = 0; i < 12; i++) game.Play(0.1, 0.1);
        // Two observations before the first test and after each thaw.
        Assert.Equal(["", "", "0", "", "", "0", "0", "", "", "0", "0", "0"], game.Log);
    }

    [Fact]
    public void UnitsHaveTheirOwnPeriodsAndReasons()
    {
        var game = new RuleGame(4, new AimdTimer(0.5));
        FreezeDecision decision = game.Check(0.1, 0.9, 0.2, 0);
        Assert.Equal("02", game.Frozen);
        Assert.Equal("score 0.1: below 0.5, frozen for 1 checks", decision.Units[0].Reason);
        decision = game.Check(0.1, 0.1, 0.2, 0);
        Assert.Equal("1", game.Frozen);
        Assert.Equal("was frozen for 1 checks", decision.Units[0].Reason);
    }

    [Fact]
    public void AThawFromOutsideEndsTheRestAndTheNextTestGoesOnFromItsPeriod()
    {
        var game = new RuleGame(2, new AimdTimer(0.5));
        foreach (double score in new[] { 0.1, 0.1, 0.1, 0.1 }) game.Check(score, 0);
        game.ThawAll();                       // at its second rest
        for (int i = 0; i < 5; i++) game.Check(0.1, 0);
        Assert.Equal(["0", "", "0", "0", "0", "0", "0", "", "0"], game.Log);
    }

    [Fact]
    public void WhatAnotherFrozeIsNotThawed()
    {
        var game = new RuleGame(3, new AimdTimer(0.5));
        game.FreezeFromOutside(0);
        for (int i = 0; i < 6; i++) game.Check(0.1, 0.9, 0);
        Assert.All(game.Log, frozen => Assert.Equal("0", frozen));
    }

    [Fact]
    public void BadSettingsAreNamed()
    {
        foreach (double bad in new[] { 0, -1, NaN })
            Assert.Contains("aimd: the threshold must be positive", Assert.Throws<ArgumentOutOfRangeException>(() => new AimdTimer(bad)).Message, StringComparison.Ordinal);
    }
}
