using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class LossBudgetTests
{
    private const double NaN = double.NaN;

    [Fact]
    public void AFinishedUnitWaitsUntilItsPriceFitsIntoWhatIsLeft()
    {
        double price = 0.03;
        var game = new RuleGame(3, new LossBudget(0.01, patience: 2, planned: false)) { PriceOf = _ => price };
        for (int check = 0; check < 4; check++) game.Check(0, 0, 0);
        Assert.Equal("", game.Frozen);
        price = 0.006;
        FreezeDecision decision = game.Check(0, 0, 0);
        Assert.Equal("0", game.Frozen);
        Assert.Equal(0.006, decision.Units[0].Price);
        Assert.EndsWith("expected to cost 0.006 of loss, 0.01 of 0.01 are left", decision.Units[0].Reason, StringComparison.Ordinal);
        // 0.004 are left.
        for (int check = 0; check < 4; check++) game.Check(0, 0, 0);
        Assert.Equal("0", game.Frozen);
        price = 0.004;
        game.Check(0, 0, 0);
        Assert.Equal("01", game.Frozen);
    }

    [Fact]
    public void AThawGivesThePriceBack()
    {
        var game = new RuleGame(3, new LossBudget(0.01, patience: 1, planned: false)) { PriceOf = unit => unit == 0 ? 0.008 : 0.004 };
        for (int check = 0; check < 3; check++) game.Check(0, 0, 0);
        Assert.Equal("0", game.Frozen);
        game.ThawAll();
        game.PriceOf = unit => unit == 0 ? 0.006 : 0.004;
        for (int check = 0; check < 5; check++) game.Check(0, 0, 0);
        Assert.Equal("01", game.Frozen);
    }

    [Theory]
    [InlineData(NaN, 0.0, false)]      // no price, no freeze
    [InlineData(0.001, NaN, false)]    // no score
    [InlineData(0.001, 1.0, false)]    // not finished
    [InlineData(-1, 0.0, true)]        // nothing is gained by freezing more than is lost: no credit
    [InlineData(0.001, 0.0, true)]
    public void BothTheScoreAndThePriceMustSaySo(double price, double score, bool freezes)
    {
        foreach (bool planned in new[] { false, true })
        {
            var game = new RuleGame(3, new LossBudget(0.01, patience: 1, planned: planned)) { PriceOf = _ => price, RunSteps = 30, RateAt = _ => 0.1, CostOf = Costs };
            FreezeDecision decision = game.Check(score, score, score);
            Assert.Equal(freezes ? "0" : "", game.Frozen);
            if (freezes) Assert.InRange(decision.Units[0].Price!.Value, 0, 1);
        }
    }

    [Fact]
    public void WhatThePriceIsPaidForIsThatTheRateFalls()
    {
        // At the last step the rate is half of today's: half of the debt would be left anyway.
        var game = new RuleGame(2, new LossBudget(0.01, patience: 1, planned: false)) { PriceOf = _ => 0.02, RunSteps = 100, RateAt = step => step == 99 ? 0.5 : 1 };
        Assert.Equal(0.01, game.Check(0, 0).Units[0].Price!.Value, 1e-12);
        // Under a constant rate nothing is.
        var constant = new RuleGame(2, new LossBudget(0.01, patience: 1)) { PriceOf = _ => 5, RunSteps = 100, RateAt = _ => 1, CostOf = Costs };
        Assert.Equal(0, constant.Check(0, 0).Units[0].Price);
    }

    [Theory]
    [InlineData(false, 0.5)]
    [InlineData(true, 0.5)]
    [InlineData(false, 0)]    // as under a constant rate
    [InlineData(true, 0)]
    public void ABudgetThatIsAPartOfTheLossWaitsForOne(bool planned, double price)
    {
        var game = new RuleGame(2, new LossBudget(0.01, patience: 1, planned: planned)) { PriceOf = _ => price, LossScale = NaN, RunSteps = 100, RateAt = step => step == 99 ? 0 : 1, CostOf = Costs };
        game.Check(0, 0);
        Assert.Equal("", game.Frozen);
        game.LossScale = 60;
        game.Check(0, 0);
        Assert.Equal("0", game.Frozen);
    }

    [Fact]
    public void WhereLaterRatesAreNotKnownAllOfThePriceIsPaid()
    {
        foreach (bool planned in new[] { false, true })
        {
            var game = new RuleGame(2, new LossBudget(0.01, patience: 1, planned: planned)) { PriceOf = _ => 0.009, RunSteps = 100, CostOf = Costs };
            FreezeDecision decision = game.Check(0, 0);
            Assert.Equal(0.009, decision.Units[0].Price);
            Assert.Equal("0", game.Frozen);
        }
    }

    [Fact]
    public void WithoutScoresNothingIsFrozenUnderARisingRateEither()
    {
        foreach (bool planned in new[] { false, true })
        {
            var history = new UnitHistory();
            var game = new RuleGame(2, new LossBudget(0.01, patience: 0, planned: planned)) { PriceOf = _ => 0, HistoryOf = _ => history, RunSteps = 100, RateAt = _ => 1, CostOf = Costs };
            double[] rates = [0.1, 0.2, 0.3, 0.3];
            // The first observation has none before it.
            history.Add(new Observation(0, 10, 0.5));
            foreach (double rate in rates)
            {
                history.Add(new Observation(history.All.Count, 10, 10 * rate));
                if (rate > 0.1) game.Check(NaN, NaN);
            }
            Assert.Equal(["", "", "0"], game.Log);
        }
    }

    [Fact]
    public void APlanOfVeryManyChecksIsMadeOfSome()
    {
        var asked = new List<int>();
        var game = new RuleGame(3, new LossBudget(0.01, patience: 1))
        {
            Every = 1,
            RunSteps = 1_000_000,
            RateAt = step =>
            {
                asked.Add(step);
                return 1 - (step / 1e6);
            },
            PriceOf = _ => 0.006,
            CostOf = Costs,
        };
        game.Check(0, 0, 0);
        Assert.InRange(asked.Count, 100, 200);
        Assert.Equal(999_999, asked.Max());
    }

    [Fact]
    public void UnderARisingRateNothingCountsAsFinished()
    {
        var history = new UnitHistory();
        var game = new RuleGame(2, new LossBudget(0.01, patience: 2, planned: false)) { PriceOf = _ => 0, HistoryOf = _ => history };
        double[] rates = [0.1, 0.2, 0.3, 0.3, 0.2];
        foreach (double rate in rates)
        {
            history.Add(new Observation(history.All.Count, 10, 10 * rate));
            game.Check(0, 0);
        }
        // The fourth check is the first that counts.
        Assert.Equal(["", "", "", "", "0"], game.Log);
    }

    [Fact]
    public void APlanSpendsTheBudgetWhereItSavesMost()
    {
        // Unit 0 saves one operation a step and unit 1 ten, at the same price: the budget, which is enough for one of them now, is kept until both are cheap, and unit 0 waits for unit 1.
        var game = new RuleGame(3, new LossBudget(0.01, patience: 1, together: true))
        {
            Every = 10,
            RunSteps = 100,
            RateAt = step => step == 99 ? 0 : 1 - (step / 100.0),
            CostOf = Costs,
        };
        game.PriceOf = _ => 0.01 * (1 - (game.Step / 100.0));
        for (int check = 0; check < 10; check++) game.Check(0, 0, 0);
        Assert.Equal(["", "", "", "", "", "01", "01", "01", "01", "01"], game.Log);
        // One after the other, without a plan, the first takes it all.
        var first = new RuleGame(3, new LossBudget(0.01, patience: 1, planned: false, together: true)) { RunSteps = 100, PriceOf = _ => 0.01 };
        for (int check = 0; check < 10; check++) first.Check(0, 0, 0);
        Assert.Equal("0", first.Frozen);
    }

    [Fact]
    public void APlanIsTheBestOfAll()
    {
        var random = new RandomStream(TestDevices.Seed, "loss plans");
        for (int number = 0; number < 200; number++)
        {
            int units = 1 + random.NextInt32(3), checks = 1 + random.NextInt32(5);
            // Whole parts of the budget, so that rounding plays no part.
            double[] prices = [.. Enumerable.Range(0, units).Select(_ => random.NextInt32(200) / 200.0)], savings = [.. Enumerable.Range(0, units).Select(_ => 1.0 + random.NextInt32(9))];
            double[] falls = [.. Enumerable.Range(0, checks).Select(check => check == 0 ? 1.0 : 0)];
            for (int check = 1; check < checks; check++) falls[check] = falls[check - 1] * (random.NextInt32(2) == 0 ? 1 : 0);
            int[] left = [.. Enumerable.Range(0, checks).Select(check => 10 * (checks - check))];
            bool[] mayNow = [.. Enumerable.Range(0, units).Select(_ => random.NextInt32(4) > 0)];
            (double best, int most) = (-1, 0);
            Try(0, 0, 0, 1, 0);
            Assert.Equal(most, LossPlanner.FreezesNow(prices, savings, mayNow, falls, left, 1));

            void Try(int unit, int from, double saved, double budget, int now)
            {
                // Ties go to whoever freezes more at once.
                if (saved > best + 1e-9 || (Math.Abs(saved - best) <= 1e-9 && now > most)) (best, most) = (Math.Max(best, saved), now);
                if (unit == units) return;
                for (int check = from; check < checks; check++)
                {
                    double price = prices[unit] * falls[check];
                    if (price <= budget + 1e-9 && (check > 0 || mayNow[unit])) Try(unit + 1, check, saved + (savings[unit] * left[check]), budget - price, now + (check == 0 ? 1 : 0));
                }
            }
        }
    }

    [Fact]
    public void WhatIsNoBudgetIsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new LossBudget(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LossBudget(NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LossBudget(double.PositiveInfinity));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LossBudget(patience: -1));
    }

    /// <summary>The rule would ask for prices in vain, and freeze nothing without a word.</summary>
    [Fact]
    public void ACriterionThatSaysNoPriceIsRefusedBeforeTheFirstStep()
    {
        foreach (IFreezeRule rule in (IFreezeRule[])[new LossBudget(), new FilteredRule(new LossBudget(), new PrefixOnly())])
        {
            Assert.Null(Refusal(new AnnealingDebt(), rule, 0));
            Assert.Null(Refusal(new Priced(new Drift(), new AnnealingDebt()), rule, 0));
            Assert.Equal($"Freezing: rule '{rule.Name}' asks what a freeze costs, which criterion 'drift' does not say; annealing-debt, remaining-gain and the policy adaptive do.", Refusal(new Drift(), rule, 100));
            Assert.NotNull(Refusal(new NoCriterion(), rule, 100));
        }
    }

    [Fact]
    public void ACriterionThatDependsOnTheStepsThatAreLeftIsRefusedWithoutThem()
    {
        const string Message = "Freezing: criterion 'remaining-gain' depends on the steps that are left: set FreezeOptions.RunSteps.";
        foreach (IFreezeRule rule in (IFreezeRule[])[new LossBudget(), new PrefixPatience()])
        {
            Assert.Equal(Message, Refusal(new RemainingGain(), rule, 0));
            Assert.Null(Refusal(new RemainingGain(), rule, 100));
        }
        Assert.NotNull(Refusal(new Priced(new Drift(), new RemainingGain()), new LossBudget(), 0));
        // One part with an opinion is enough for one of them, not for both.
        Assert.Null(Refusal(new AnyOf("either", (new Drift(), 1), (new RemainingGain(), 1)), new PrefixPatience(), 0));
        Assert.NotNull(Refusal(new AllOf("both", (new Drift(), 1), (new RemainingGain(), 1)), new PrefixPatience(), 0));
    }

    private static string? Refusal(ICriterion criterion, IFreezeRule rule, int runSteps)
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [3, 4, 0], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        try
        {
            using var freeze = new FreezeController(model, optimizer, criterion, rule, options: new FreezeOptions { RunSteps = runSteps });
            return null;
        }
        catch (ArgumentException exception)
        {
            return exception.Message;
        }
    }

    private static Cost Costs(int unit, CostKind kind) => kind == CostKind.WeightGradient ? new Cost(0, unit == 1 ? 10 : 1, 0, 0) : default;
}
