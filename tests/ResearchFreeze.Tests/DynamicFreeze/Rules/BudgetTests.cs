using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class BudgetTests
{
    private const double NaN = double.NaN;

    /// <summary>
    /// Four units of 100 operations each way, without an input gradient at the first: a full step is 1100, its forward pass 400. The head alone takes 200 more, with one unit: 2 takes 400, 1 and 0 500; with two:
    /// 2 and 1 600, 0 and another 600, all 700.
    /// </summary>
    [Theory]
    [InlineData(1.0, new[] { 0.9, 0.1, 0.5, 0 }, "")]
    [InlineData(0.7, new[] { 0.9, 0.1, 0.5, 0 }, "012")]           // 370 for the backward pass
    [InlineData(0.75, new[] { 0.9, 0.1, 0.5, 0 }, "01")]           // 425
    [InlineData(0.85, new[] { 0.9, 0.1, 0.5, 0 }, "12")]           // 535
    [InlineData(0.85, new[] { 0.1, 0.9, 0.5, 0 }, "02")]
    [InlineData(0.92, new[] { 0.9, 0.1, 0.5, 0 }, "1")]            // 612
    [InlineData(0.92, new[] { 0.1, 0.9, 0.5, 0 }, "0")]
    [InlineData(0.85, new[] { 0.9, 0.1, NaN, 0 }, "01")]           // as important as the best, and cheaper
    [InlineData(0.85, new[] { NaN, NaN, NaN, NaN }, "01")]
    [InlineData(0.85, new[] { NaN, 0.1, 0.5, 0 }, "01")]
    [InlineData(0.85, new[] { 0.9, double.PositiveInfinity, 0.5, 0 }, "02")]
    public void ThePlanTrainsWhatIsWorthMostWithinTheBudget(double rho, double[] scores, string frozen)
    {
        var game = new RuleGame(4, new Budget(rho)) { CostOf = Flops };
        game.Check(scores);
        Assert.Equal(frozen, game.Frozen);
    }

    [Fact]
    public void NothingIsDecidedBeforeCostsAreKnownAndThenAtEverySoManyChecks()
    {
        var game = new RuleGame(4, new Budget(0.85, every: 3));
        game.Check(0.9, 0.1, 0.5, 0);
        game.Check(0.9, 0.1, 0.5, 0);
        game.CostOf = Flops;
        game.Check(0.9, 0.1, 0.5, 0);
        game.Check(0.1, 0.1, 0.9, 0);
        game.Check(0.1, 0.1, 0.9, 0);
        game.Check(0.1, 0.1, 0.9, 0);
        Assert.Equal(["", "", "12", "12", "12", "01"], game.Log);
    }

    [Fact]
    public void TheReasonHasTheNumbers()
    {
        FreezeDecision decision = new RuleGame(4, new Budget(0.85)) { CostOf = Flops }.Check(0.9, 0.1, 0.5, 0);
        Assert.Equal("score 0.1: 2 of 4 units train at 81.8 % of a full step, at most 85.0 %", decision.Units[1].Reason);
    }

    [Fact]
    public void BytesCountWhereNoUnitHasOperationsAndUpdatesAreAPartOfThem()
    {
        // Forward 10, updates 10: a full step is 4 · 20, and at 75 % there is room for the head's update and one more.
        var game = new RuleGame(4, new Budget(0.75)) { CostOf = (_, kind) => new Cost(0, 0, kind is CostKind.Forward or CostKind.Optimizer ? 10 : 0, 0) };
        game.Check(0.1, 0.9, 0.5, 0);
        Assert.Equal("02", game.Frozen);
    }

    [Fact]
    public void AllHeadsTrain()
    {
        var game = new RuleGame(4, new Budget(0.8), heads: 2) { CostOf = Flops };
        game.Check(0.9, 0.1, 0, 0);
        Assert.Equal("01", game.Frozen);      // 480: two heads take 400
    }

    [Theory]
    [InlineData(0.55, "012", new[] { 0.5, 0.4, 0.3, 0.2 })]                // 600, of which forward 400: the last unit's gradients and no more
    [InlineData(0.55, "012", new[] { -0.5, -0.4, -0.3, -0.2 })]           // what nothing is gained by still leaves one to train
    [InlineData(0.8, "012", new[] { -0.5, -0.4, -0.3, -0.2 })]
    [InlineData(0.8, "013", new[] { 0.0, 0.0, 0.1, 0.0 })]
    public void WithoutAHeadAtLeastOneUnitTrains(double rho, string frozen, double[] scores)
    {
        var game = new RuleGame(4, new Budget(rho), heads: 0) { CostOf = Flops };
        game.Check(scores);
        Assert.Equal(frozen, game.Frozen);
        Assert.Equal(
            "budget: rho 0.5 is too small: a step that trains only the cheapest unit costs 0.545 of a full step.",
            Assert.Throws<ArgumentException>(() => new RuleGame(4, new Budget(0.5), heads: 0) { CostOf = Flops }.Check(scores)).Message);
    }

    [Fact]
    public void ABudgetThatCannotTrainTheHeadIsAnError()
    {
        var game = new RuleGame(4, new Budget(0.5)) { CostOf = Flops };
        Assert.Equal("budget: rho 0.5 is too small: a step that trains only the head costs 0.545 of a full step.", Assert.Throws<ArgumentException>(() => game.Check(1, 1, 1, 1)).Message);
        foreach (double bad in new[] { 0, 1.1, NaN })
            Assert.Contains("budget: rho must be in (0, 1]", Assert.Throws<ArgumentOutOfRangeException>(() => new Budget(bad)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Budget(0.5, 0));
    }

    private static Cost Flops(int unit, CostKind kind) => kind switch
    {
        CostKind.Forward or CostKind.WeightGradient => new Cost(1, 100, 7, 0),
        CostKind.InputGradient when unit > 0 => new Cost(1, 100, 7, 0),
        CostKind.Optimizer => new Cost(1, 0, 7, 0),
        _ => default,
    };
}
