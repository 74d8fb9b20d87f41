using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class TimelineRuleTests
{
    private const double NaN = double.NaN;

    [Fact]
    public void UnitsAreFrozenAtTheirTimes()
    {
        var game = new RuleGame(4, new TimelineRule([0.25, 0, 1])) { RunSteps = 40 };
        Assert.Equal(10, game.Check(NaN, NaN, NaN, NaN).NextCheck);        // unit 1 at once, 0 after 10 of 40 steps
        FreezeDecision second = game.Check(NaN, NaN, NaN, NaN);
        Assert.Equal(["1", "01"], game.Log);
        Assert.Equal("its time is 25.0 % of the run", second.Units[0].Reason);
        Assert.Equal(41, second.NextCheck);                                 // and 2 never
    }

    /// <summary>
    /// Four units of 100 operations each way, without an input gradient at the first: a full step is 1100. With 0 frozen it is 900, with 0 and 1 700, with all 500 (<see cref="RunBudgetTests"/>). Times of 0.2, 0.4 and 0.6 of 100 steps
    /// take 20 · 1100 + 20 · 900 + 20 · 700 + 40 · 500 = 74000 of 110000. With the shares 0.8, 0.6 and 0.4 times x it is 110000 − 200 · 100 · (0.8 + 0.6 + 0.4) x = 110000 − 36000 x.
    /// </summary>
    [Theory]
    [InlineData(74 / 110.0, 20, 40, 60)]         // x = 1
    [InlineData(92 / 110.0, 60, 70, 80)]         // x = 0.5
    [InlineData(65 / 110.0, 0, 25, 50)]          // x = 1.25, the last factor at which none is cut off
    [InlineData(60 / 110.0, 0, 10, 40)]          // x = 1.5: the first share is 1, the others 0.9 and 0.6
    public void TimesMoveTogetherUntilTheRunTakesWhatItIsTo(double flops, int first, int second, int third)
    {
        var run = new BudgetRun(4, flops, runSteps: 100, every: 100, rule: new TimelineRule([0.2, 0.4, 0.6], flops));
        var at = new int[3];
        for (int before = -1; run.Game.Step < 100 && run.Game.Step != before;)
        {
            before = run.Game.Step;
            FreezeDecision decision = run.Check(NaN, NaN, NaN, NaN);
            for (int i = 0; i < 3; i++)
            {
                if (decision.Units[i].Reason is not null) at[i] = before;
            }
        }
        Assert.InRange(run.Fraction, 0.995 * flops, 1.005 * flops);
        Assert.Equal([first, second, third], at);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void DrawnTimelinesTakeWhatTheyAreTo(bool isCached)
    {
        var random = new RandomStream(17, $"timeline/{isCached}");
        int reached = 0;
        for (int number = 0; number < 60; number++)
        {
            int units = 3 + random.NextInt32(9), epochs = 5 + random.NextInt32(10);
            double[] costs = [.. Enumerable.Range(0, units - 1).Select(_ => 20 + (random.NextDouble() * 80)), 2], times = [.. Enumerable.Range(0, units - 1).Select(_ => random.NextInt32(8) == 0 ? 1 : random.NextDouble())];
            double flops = 0.4 + (0.6 * random.NextDouble());
            var run = new BudgetRun(units, flops, runSteps: 400, every: 10, costs: costs, epoch: isCached ? 400 / epochs : 0, rule: new TimelineRule(times, flops));
            while (run.Game.Step < 400) run.Check([.. Enumerable.Repeat(NaN, units)]);
            Assert.True(run.Fraction >= 0.99 * flops, $"{number}: {run.Fraction} of {flops}");
            // What is more than asked is all that these units can give: each that has a time is frozen from the start.
            if (run.Fraction <= 1.01 * flops) reached++;
            else Assert.Equal(run.Game.Log[0], string.Concat(Enumerable.Range(0, units - 1).Where(unit => times[unit] < 1)));
        }
        Assert.InRange(reached, 30, 60);
    }

    [Fact]
    public void WhatTheUserKeepsIsPartOfThePlan()
    {
        // Unit 0 is frozen by hand: the others give what is asked.
        var run = new BudgetRun(4, 0.6, runSteps: 100, every: 100, rule: new TimelineRule([0.5, 0.5, 0.5], 0.6));
        run.Game.FreezeFromOutside(0);
        while (run.Game.Step < 100) run.Check(NaN, NaN, NaN, NaN);
        Assert.InRange(run.Fraction, 0.594, 0.606);
    }

    [Fact]
    public void WhatDoesNotFitIsSaid()
    {
        Says("timeline: expected a time for each unit beside the heads, found none.", () => _ = new TimelineRule([]));
        Says("timeline: a time is a part of the run in [0, 1], found 1.5.", () => _ = new TimelineRule([0.5, 1.5]));
        Says("timeline: a time is a part of the run in [0, 1], found NaN.", () => _ = new TimelineRule([NaN]));
        Says("timeline: flops must be in (0, 1], found 0.", () => _ = new TimelineRule([0.5], 0));
        Says("timeline: times are parts of the run, and its length is not known: set FreezeOptions.RunSteps.", () => new RuleGame(2, new TimelineRule([0.5])).Check(NaN, NaN));
        Says("timeline: the model has 3 units beside the heads, found 1 times.", () => new RuleGame(4, new TimelineRule([0.5])) { RunSteps = 10 }.Check(NaN, NaN, NaN, NaN));

        static void Says(string what, Action action) => Assert.StartsWith(what, Assert.ThrowsAny<ArgumentException>(action).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("timeline", "at is needed")]
    [InlineData("timeline:at=0.2;0.4", "at must be numbers with '/' between them, found '0.2;0.4'")]
    [InlineData("timeline:at=0.2/x", "found 'x'")]
    [InlineData("timeline:at=0.2,flops=0.5,run=runs", "found both")]
    [InlineData("timeline:at=0.2,flops=2", "flops must be in (0, 1], found 2")]
    [InlineData("timeline:at=0.2,flop=1", "'flop' is unknown")]
    public void WhatIsWrittenWrongIsSaid(string spec, string says) =>
        Assert.Contains(says, Assert.ThrowsAny<ArgumentException>(() => new RunCatalogues().Policies.Create(spec)).Message, StringComparison.Ordinal);
}
