using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class RotationTests
{
    [Theory]
    [InlineData(RotationOrder.Descending, 1, new[] { "012", "013", "023", "123", "012" })]
    [InlineData(RotationOrder.Ascending, 1, new[] { "123", "023", "013", "012", "123" })]
    [InlineData(RotationOrder.Ascending, 3, new[] { "3", "2", "1", "0", "3" })]
    [InlineData(RotationOrder.Descending, 3, new[] { "0", "1", "2", "3", "0" })]
    [InlineData(RotationOrder.Ascending, 9, new[] { "", "", "" })]
    public void UnitsHaveTheirTurnInOrder(RotationOrder order, int trained, string[] frozen)
    {
        var game = new RuleGame(5, new Rotation(trained, 20, order));
        foreach (string _ in frozen) game.Check(0, 0, 0, 0, 0);
        Assert.Equal(frozen, game.Log);
        Assert.Equal(20 * frozen.Length, game.Step);     // checks are where turns end
    }

    [Fact]
    public void ACheckWithinATurnChangesNothing()
    {
        IRuleRun run = ((IFreezeRule)new Rotation(1, 20, RotationOrder.Ascending)).Start();
        var random = new RandomStream(1, "rule");
        UnitView[] views = [.. Enumerable.Range(0, 3).Select(i => new UnitView(i, $"u{i}", new UnitHistory(), 0, "", i == 1, 0, 0, i == 2, _ => default))];
        Assert.Equal([false, true, false], Frozen(0));
        Assert.Equal([false, true, false], Frozen(10));
        Assert.Equal([true, false, false], Frozen(25));     // a late check begins the next turn and 20 steps more
        Assert.Equal([false, true, false], Frozen(40));
        Assert.Equal([false, true, false], Frozen(45));

        bool[] Frozen(int step)
        {
            FreezeDecision decision = run.Decide(new CheckContext(Units: views, Step: step, LearningRate: 0.1f, Validation: [], Random: random));
            return [.. decision.Units.Select(unit => unit.Frozen)];
        }
    }

    [Fact]
    public void ADrawTakesEveryUnitAsOftenAndNeverOneTwice()
    {
        const int Units = 5, Turns = 3000;
        var game = new RuleGame(Units + 2, new Rotation(2, 20), heads: 2);
        var trained = new int[Units];
        for (int turn = 0; turn < Turns; turn++)
        {
            game.Check(0, 0, 0, 0, 0, 0, 0);
            Assert.Equal(Units - 2, game.Frozen.Length);
            for (int i = 0; i < Units; i++) trained[i] += game.IsFrozen(i) ? 0 : 1;
        }
        // 2/5 of the turns, within four standard deviations of √(n · 2/5 · 3/5).
        Assert.All(trained, count => Assert.InRange(count, 1200 - 108, 1200 + 108));
    }

    [Fact]
    public void WhatBecomesOfTheOptimizersStateIsPassedOnForThoseThatAreFrozenNow()
    {
        var game = new RuleGame(4, new Rotation(1, 20, RotationOrder.Ascending, OnFreeze.Drop));
        FreezeDecision first = game.Check(0, 0, 0, 0);
        Assert.Equal([null, OnFreeze.Drop, OnFreeze.Drop, null], first.Units.Select(unit => unit.StateAction));
        FreezeDecision second = game.Check(0, 0, 0, 0);
        Assert.Equal([OnFreeze.Drop, null, null, null], second.Units.Select(unit => unit.StateAction));
        Assert.Equal("the turn of others until step 40", second.Units[0].Reason);
        Assert.Equal("its turn", second.Units[1].Reason);
        Assert.Null(new RuleGame(3, new Rotation(1)).Check(0, 0, 0).Units[0].StateAction);
    }

    [Fact]
    public void BadSettingsAreNamed()
    {
        Assert.Contains("rotation", Assert.Throws<ArgumentOutOfRangeException>(() => new Rotation(0)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Rotation(every: -1));
    }
}
