using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class RunBudgetTests
{
    private const double NaN = double.NaN;

    /// <summary>
    /// Four units of 100 operations each way, without an input gradient at the first, as in <see cref="BudgetTests"/>: a full step is 1100, its forward pass 400. The head alone takes 100 more, with 2 it takes 300, with 1 400, with
    /// 0 500, with 2 and 1 500, with 0 and one other 600, with all 700. 40 steps at 0.6 are 24 full ones, or 26400.
    /// </summary>
    [Fact]
    public void WhatIsLeftIsDividedAmongTheStepsThatAreLeft()
    {
        var run = new BudgetRun(4, 0.6, runSteps: 40, every: 10);
        run.Check(0.9, 0.1, 0.5, 0);       // nothing is due: 10 full steps leave 15400 for 30, and the head alone takes 15000
        Assert.Equal("", run.Game.Frozen);
        run.Check(0.9, 0.1, 0.5, 0);       // 513 each: the head alone
        Assert.Equal("012", run.Game.Frozen);
        run.Check(0.9, 0.1, 0.5, 0);       // 10400 for 20 are 520: the head alone again
        Assert.Equal("012", run.Game.Frozen);
        run.Check(0.9, 0.1, 0.5, 0);       // 5400 for 10 are 540
        Assert.Equal("012", run.Game.Frozen);
        Assert.Equal(26000 / 44000.0, run.Fraction, 1e-12);

        run = new BudgetRun(4, 0.75, runSteps: 40, every: 10);       // 33000
        for (int check = 0; check < 4; check++) run.Check(0.9, 0.1, 0.5, 0);       // 22000 for 30 are 733: 2 fits with the head; 15000 for 20 are 750, 8000 for 10 are 800, and 1 fits no more beside it
        Assert.Equal(["", "01", "01", "01"], run.Game.Log);
        run = new BudgetRun(4, 0.8, runSteps: 40, every: 10);       // 35200
        for (int check = 0; check < 4; check++) run.Check(0.5, 0.1, 0.9, 0);       // 807 each: 700 for the head and 2; 857; 1014: all but 0, or 0 and 2
        Assert.Equal(["", "01", "01", "1"], run.Game.Log);
    }

    [Fact]
    public void TheReasonHasTheNumbers()
    {
        var run = new BudgetRun(4, 0.75, runSteps: 40, every: 10);
        run.Check(0.9, 0.1, 0.5, 0);
        Assert.Equal(
            "score 0.9: 2 of 4 units train at 63.6 % of a full step, 66.7 % of a full step is left for each step (25.0 % of full training spent after 10 of 40 steps)",
            run.Check(0.9, 0.1, 0.5, 0).Units[0].Reason);
    }

    /// <summary>Where waiting for the first check would cost too much, the first plan is made before the first step, in which no unit has a score.</summary>
    [Fact]
    public void ATightBudgetFreezesBeforeTheFirstStep()
    {
        var run = new BudgetRun(4, 0.58, runSteps: 40, every: 10);       // 10 full steps and 30 of the head alone would be 0.59
        run.Check(NaN, NaN, NaN, NaN);
        Assert.Equal("012", run.Game.Frozen);
    }

    [Theory]
    [InlineData(0.5, false)]
    [InlineData(0.6, false)]
    [InlineData(0.7, false)]
    [InlineData(0.9, false)]
    [InlineData(0.2, true)]
    [InlineData(0.3, true)]
    [InlineData(0.5, true)]
    [InlineData(0.7, true)]
    public void DrawnRunsSpendWhatTheyMay(double fraction, bool isCached)
    {
        var random = new RandomStream(11, $"{fraction}/{isCached}");
        for (int number = 0; number < 40; number++)
        {
            int units = 3 + random.NextInt32(9), epochs = isCached ? 5 + random.NextInt32(10) : 1;
            // The head costs little, as heads do.
            double[] costs = [.. Enumerable.Range(0, units - 1).Select(_ => 20 + (random.NextDouble() * 80)), 2];
            var run = new BudgetRun(units, fraction, runSteps: 400, every: 10, costs: costs, epoch: isCached ? 400 / epochs : 0);
            for (int check = 0; check < 40; check++) run.Check([.. Enumerable.Range(0, units).Select(_ => random.NextDouble())]);
            Assert.InRange(run.Fraction, 0.95 * fraction, 1.05 * fraction);
        }
    }

    /// <summary>The roofline is wrong by up to a third, differently for each unit, and steps jitter: the clock corrects it.</summary>
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.7)]
    public void SecondsAreMetWherePredictionsAreWrong(double fraction)
    {
        var random = new RandomStream(12, $"{fraction}");
        for (int number = 0; number < 40; number++)
        {
            int units = 3 + random.NextInt32(9);
            double[] costs = [.. Enumerable.Range(0, units - 1).Select(_ => 20 + (random.NextDouble() * 80)), 2];
            var run = new BudgetRun(units, fraction, runSteps: 400, every: 10, costs: costs, measure: BudgetMeasure.Seconds, error: () => 0.75 + (random.NextDouble() * 0.6));
            for (int check = 0; check < 40; check++) run.Check([.. Enumerable.Range(0, units).Select(_ => random.NextDouble())]);
            Assert.InRange(run.Fraction, 0.95 * fraction, 1.05 * fraction);
        }
    }

    [Fact]
    public void WhatTheClockSaidIsInTheReason()
    {
        var run = new BudgetRun(4, 0.75, runSteps: 40, every: 10, measure: BudgetMeasure.Seconds);
        run.Check(0.9, 0.1, 0.5, 0);
        Assert.EndsWith("(25.0 % of full training spent after 10 of 40 steps, 1.1 s, a full step 110 ms, steps 1 times as predicted)", run.Check(0.9, 0.1, 0.5, 0).Units[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void ABudgetOutOfReachIsRefused()
    {
        Says("flops 0.45 is too small: training only the head costs 0.455 of full training; a forward cache would leave out the forward pass of what is frozen (--cache).", new BudgetRun(4, 0.45, 40, 10));
        Says("seconds 0.58 is too small: with nothing frozen for the first 10 of 40 steps, training only the head costs 0.591 of full training", new BudgetRun(4, 0.58, 40, 10, measure: BudgetMeasure.Seconds));
        Says("flops 0.45 is too small: training only the cheapest unit costs 0.455", new BudgetRun(4, 0.45, 40, 10, heads: 0));
        Says("flops of a whole run needs the run's length", new BudgetRun(4, 0.75, 0, 10));
        Assert.Contains("flops must be in (0, 1], found 0", Assert.Throws<ArgumentOutOfRangeException>(() => new RunBudget(BudgetMeasure.Flops, 0)).Message, StringComparison.Ordinal);
        Assert.Contains("seconds must be in (0, 1], found 1.5", Assert.Throws<ArgumentOutOfRangeException>(() => new RunBudget(BudgetMeasure.Seconds, 1.5)).Message, StringComparison.Ordinal);

        static void Says(string what, BudgetRun run) => Assert.Contains(what, Assert.ThrowsAny<ArgumentException>(() => run.Check(0.9, 0.1, 0.5, 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SomethingElseThatCostsLeavesTheHeadAlone()
    {
        var run = new BudgetRun(4, 0.75, runSteps: 40, every: 10);
        run.Check(0.9, 0.1, 0.5, 0);
        run.Also(1100 * 25);
        Assert.Contains("the budget is out of reach (87.5 % of full training spent", run.Check(0.9, 0.1, 0.5, 0).Units[0].Reason, StringComparison.Ordinal);
        Assert.Equal("012", run.Game.Frozen);
    }

    /// <summary>Each check costs two full steps beside the ten that follow it, which no plan can save: at 0.2 of a step it is taken off what is left, from the first plan on.</summary>
    [Theory]
    [InlineData(0.7)]
    [InlineData(0.9)]
    public void WhatChecksCostIsTakenOffWhatIsLeft(double fraction)
    {
        var run = new BudgetRun(8, fraction, runSteps: 400, every: 10, costs: [50, 40, 60, 30, 70, 20, 80, 2]);
        string first = "";
        for (int check = 0; check < 40; check++)
        {
            FreezeDecision decision = run.Check(0.4, 0.1, 0.5, 0.3, 0.2, 0.6, 0.7, 0);
            if (check == 1) first = decision.Units[0].Reason ?? "";
            run.Also(0.2 * 10 * run.Full);
        }
        Assert.Contains("statistics and checks at 20.0 %", first, StringComparison.Ordinal);
        Assert.InRange(run.Fraction, 0.95 * fraction, 1.01 * fraction);
    }

    /// <summary>
    /// Where the prefix is read from a cache, a step of the head costs next to nothing, and what else is counted then is many times what was planned, or none of it. That says nothing about steps that train more:
    /// a factor learned from it once thawed a unit that did not fit.
    /// </summary>
    [Theory]
    [InlineData(0.5)]
    [InlineData(2.0)]
    public void NextToNothingTeachesNothingAboutTheRest(double error)
    {
        var run = new BudgetRun(4, 0.33, runSteps: 200, every: 5, costs: [400, 300, 200, 0.1], epoch: 157) { HeadError = error };
        for (int check = 0; check < 40; check++) run.Check(NaN, NaN, NaN, NaN);
        Assert.InRange(run.Fraction, 0.3, 0.333);
    }

    /// <summary>Full training pays for slow first steps as well: with all of its seconds allowed nothing is frozen, with half of them half is saved of both.</summary>
    [Fact]
    public void SlowFirstStepsAreFullTrainingsToo()
    {
        var run = new BudgetRun(4, 1, runSteps: 40, every: 5, measure: BudgetMeasure.Seconds);
        run.Check(0.9, 0.1, 0.5, 0);
        run.AlsoOfAll(1100 * 30);
        for (int check = 1; check < 8; check++) run.Check(0.9, 0.1, 0.5, 0);
        Assert.All(run.Game.Log, Assert.Empty);
    }

    /// <summary>What something else has thawed costs more than was planned: that is no cost of checks.</summary>
    [Fact]
    public void AThawFromOutsideTeachesNothing()
    {
        var run = new BudgetRun(4, 0.75, runSteps: 40, every: 10);
        run.Check(0.9, 0.1, 0.5, 0);
        run.Check(0.9, 0.1, 0.5, 0);
        Assert.Equal("01", run.Game.Frozen);
        run.Game.ThawAll();
        run.Also(300 * 10);
        Assert.DoesNotContain("statistics", run.Check(0.9, 0.1, 0.5, 0).Units[0].Reason, StringComparison.Ordinal);
    }

    /// <summary>Units 1 and 2 can be cut, and pay for their input gradients themselves: 0 takes 700 with the head, 1 and 2 800 each. 40 steps at 0.8 are 35200.</summary>
    [Fact]
    public void FrozenUnitsBehindOneThatTrainsAreCut()
    {
        var run = new BudgetRun(4, 0.8, runSteps: 40, every: 10, cuts: true);
        run.Check(0.9, 0.1, 0.1, 0);
        run.Check(0.9, 0.1, 0.1, 0);       // 807 each
        Assert.Equal("12", run.Game.Frozen);
        Assert.True(run.Game.IsCut(1) && run.Game.IsCut(2));
        run.Check(0.1, 0.1, 0.9, 0);       // 860 each, and 2 matters more: in front of it nothing is cut
        Assert.Equal("01", run.Game.Frozen);
        Assert.False(run.Game.IsCut(0) || run.Game.IsCut(1) || run.Game.IsCut(2));
    }

    [Fact]
    public void ItsStateGoesOn()
    {
        string[] logs = [Play(reload: false), Play(reload: true)];
        Assert.Equal(logs[0], logs[1]);

        static string Play(bool reload)
        {
            var random = new RandomStream(5, "scores");
            var run = new BudgetRun(5, 0.7, runSteps: 200, every: 10, measure: BudgetMeasure.Seconds, error: () => 0.8 + (0.1 * random.NextInt32(5)));
            for (int check = 0; check < 20; check++)
            {
                run.Check([.. Enumerable.Range(0, 5).Select(_ => random.NextDouble())]);
                if (reload) run.Game.Reload();
            }
            return string.Join(' ', run.Game.Log);
        }
    }

    /// <summary>Kept 100 a unit, gradients and state 10, 20, 30 and 40: the head alone 140 of 500, with 2 it is 270, with 2 and 1 390.</summary>
    [Theory]
    [InlineData(1.0, "")]
    [InlineData(0.3, "012")]
    [InlineData(0.54, "01")]
    [InlineData(0.73, "02")]         // 370: 1 trains, and 2 passes its gradient on
    [InlineData(0.79, "0")]
    public void MemoryIsALimitFromTheFirstStepOn(double fraction, string frozen)
    {
        var game = new RuleGame(4, new MemoryBudget(fraction)) { KeptBytes = _ => 100, TrainingBytes = unit => 10 * (unit + 1) };
        game.Check(NaN, 0.5, fraction == 0.73 ? 0.1 : 0.5, NaN);
        Assert.Equal(frozen, game.Frozen);
    }

    [Fact]
    public void AMemoryBudgetDropsStatesAndRefusesWhatIsOutOfReach()
    {
        var game = new RuleGame(4, new MemoryBudget(0.3)) { KeptBytes = _ => 100, TrainingBytes = unit => 10 * (unit + 1) };
        UnitDecision first = game.Check(0.9, 0.1, 0.5, 0).Units[0];
        Assert.Equal(OnFreeze.Drop, first.StateAction);
        Assert.Equal("score 0.9: 1 of 4 units train with 28.0 % of full training's activations, gradients and optimizer state, at most 30.0 %", first.Reason);
        var small = new RuleGame(4, new MemoryBudget(0.2)) { KeptBytes = _ => 100, TrainingBytes = unit => 10 * (unit + 1) };
        Assert.Contains("budget: memory 0.2 is too small: training only the head takes 0.28 of full training's.", Assert.Throws<ArgumentException>(() => small.Check(0.9, 0.1, 0.5, 0)).Message, StringComparison.Ordinal);
        // Before a step was seen nothing is known.
        Assert.Equal([false, false], new RuleGame(2, new MemoryBudget(0.2)).Check(0, 0).Units.Select(unit => unit.Frozen));
    }

    [Theory]
    [InlineData("budget:flops=0.5,seconds=0.5", "a budget is of one thing, found flops and seconds")]
    [InlineData("budget:flops=0.5,every=2", "every has no effect beside flops")]
    [InlineData("budget:rho=0.5,cut=1", "cut has no effect beside rho")]
    [InlineData("budget:memory=0.5,cut=0", "cut has no effect beside memory")]
    [InlineData("loss-budget:patience=0,hysteresis=3", "hysteresis has no effect beside patience=0")]
    [InlineData("budget:memory=0", "memory must be in (0, 1], found 0")]
    public void WhatIsWrittenWithoutEffectIsRefused(string spec, string says) =>
        Assert.Contains(says, Assert.ThrowsAny<ArgumentException>(() => Rules.Parse(spec, Rules.Catalogue(), Rules.Filters())).Message, StringComparison.Ordinal);
}
