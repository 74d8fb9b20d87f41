using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class PhasesTests
{
    [Fact]
    public void WithoutAListEachPhaseTrainsOneUnitMore()
    {
        var game = new RuleGame(4, new Phases([], new PhaseEnd(Checks: 2)));
        List<bool> stops = Play(game, 10);
        Assert.Equal(["012", "012", "01", "01", "0", "0", "", "", "", ""], game.Log);
        Assert.DoesNotContain(true, stops);
    }

    [Fact]
    public void AListMayAlsoGoBackAndTheEndOfTheLastPhaseMayStopTraining()
    {
        var game = new RuleGame(4, new Phases([1, 4, 2], new PhaseEnd(Checks: 1), stops: true));
        List<bool> stops = Play(game, 5);
        Assert.Equal(["012", "", "01", "01", "01"], game.Log);
        Assert.Equal([false, false, false, true, true], stops);
    }

    [Fact]
    public void StepsCountFromThePhasesStart()
    {
        var game = new RuleGame(3, new Phases([], new PhaseEnd(Steps: 25)));
        Play(game, 7);
        // Checks at steps 0, 10, …, 60: phases begin at 0, 30 and 60.
        Assert.Equal(["01", "01", "01", "0", "0", "0", ""], game.Log);
    }

    /// <summary>Measurements, one before each check but the first, and the checks' frozen units, for three units and a patience of 2.</summary>
    public static TheoryData<double[], bool, string[]> Measurements => new()
    {
        { [0.5, 0.6, 0.7, 0.8], true, ["01", "01", "01", "01", "01"] },
        { [0.5, 0.5, 0.5, 0.5, 0.5, 0.5], true, ["01", "01", "01", "0", "0", "", ""] },       // equal is no better; each phase has its own two
        { [0.5, 0.4, 0.6, 0.5, 0.5, 0.5, 0.5], true, ["01", "01", "01", "01", "01", "0", "0", ""] },
        { [0.5, 0.4, 0.3, 0.2], false, ["01", "01", "01", "01", "01"] },
        { [0.2, 0.3, 0.3], false, ["01", "01", "01", "0"] },
        { [double.NaN, double.NaN], true, ["01", "01", "0"] },
        { [0.9, 0.1, 0.1, 0.2, 0.3], true, ["01", "01", "01", "0", "0", ""] },                 // better than in this phase is not better than ever
    };

    [Theory]
    [MemberData(nameof(Measurements))]
    public void ValidationEndsAPhaseWhenItNoLongerImproves(double[] measurements, bool higherIsBetter, string[] frozen)
    {
        var game = new RuleGame(3, new Phases([], new PhaseEnd(Patience: 2, Metric: "f1")));
        game.Check(0, 0, 0);
        foreach (double value in measurements)
        {
            game.Observe(value, "f1", higherIsBetter);
            game.Observe(0, "validation");        // another's measurements say nothing
            game.Check(0, 0, 0);
        }
        Assert.Equal(frozen, game.Log);
    }

    [Fact]
    public void WhateverComesFirstEndsAPhase()
    {
        var game = new RuleGame(3, new Phases([], new PhaseEnd(Steps: 40, Patience: 1)));
        game.Check(0, 0, 0);
        game.Observe(0.5);
        game.Check(0, 0, 0);
        game.Observe(0.4);
        game.Check(0, 0, 0);                  // step 20, by validation
        for (int i = 0; i < 4; i++) game.Check(0, 0, 0);
        Assert.Equal(["01", "01", "0", "0", "0", "0", ""], game.Log);
    }

    [Fact]
    public void RatesFallByTheFactorTowardsTheInput()
    {
        var game = new RuleGame(5, new Phases([2, 5], new PhaseEnd(Checks: 1), factor: 2.6), heads: 2);
        foreach (int _ in new[] { 1, 2 })
        {
            FreezeDecision decision = game.Check(0, 0, 0, 0, 0);
            Assert.Equal([(float)(1 / (2.6 * 2.6 * 2.6)), (float)(1 / (2.6 * 2.6)), (float)(1 / 2.6), 1f, 1f], decision.Units.Select(unit => unit.LearningRateScale!.Value), (a, b) => Math.Abs(a - b) < 1e-7);
        }
        Assert.All(game.Check(0, 0, 0, 0, 0).Units, unit => Assert.Null(unit.LearningRateScale));
        Assert.All(new RuleGame(2, new Phases([1], new PhaseEnd(1))).Check(0, 0).Units, unit => Assert.Null(unit.LearningRateScale));
    }

    [Fact]
    public void TheReasonHasTheNumbersAndAThawWithinAPhaseStays()
    {
        var game = new RuleGame(3, new Phases([], new PhaseEnd(Checks: 3)));
        Assert.Equal("phase 1 of 3 trains the last 1 of 3 units", game.Check(0, 0, 0).Units[0].Reason);
        game.ThawAll();
        game.Check(0, 0, 0);
        Assert.Equal("", game.Frozen);
    }

    [Fact]
    public void BadSettingsAreNamed()
    {
        Fails("at least 1 unit, found 0", () => new Phases([1, 0], new PhaseEnd(1)));
        Fails("needs an end", () => new Phases([1], new PhaseEnd()));
        Fails("found 0, -1 and 2", () => new Phases([1], new PhaseEnd(0, -1, 2)));
        Fails("the factor must be at least 1, found 0.5", () => new Phases([1], new PhaseEnd(1), factor: 0.5));
        Fails("4 units to train, but the model has 3", () => new RuleGame(3, new Phases([1, 4], new PhaseEnd(1))).Check(0, 0, 0));

        static void Fails(string says, Action make) => Assert.Contains(says, Assert.ThrowsAny<ArgumentException>(make).Message, StringComparison.Ordinal);
    }

    private static List<bool> Play(RuleGame game, int checks) => [.. Enumerable.Range(0, checks).Select(_ => game.Check(new double[game.Units]).Stop)];
}
