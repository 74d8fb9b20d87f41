using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class FilterTests
{
    [Theory]
    [InlineData(12, 1 / 3.0, new[] { 0, 4, 7, 9, 10, 11, 11, 12, 12 })]     // PipeTransformer's
    [InlineData(12, 0.5, new[] { 0, 6, 9, 11, 12 })]
    [InlineData(10, 0.1, new[] { 0, 1, 2, 3, 4, 5 })]
    [InlineData(10, 0.3, new[] { 0, 3, 6, 7 })]         // 10 · (1 − 0.7) is 3.0000000000000004
    [InlineData(5, 1, new[] { 0, 5, 5 })]
    [InlineData(0, 0.5, new[] { 0, 0 })]
    public void TheCapFollowsItsClosedForm(int units, double alpha, int[] limits) =>
        Assert.Equal(limits, Enumerable.Range(0, limits.Length).Select(phase => ScheduleCap.Limit(units, alpha, phase)));

    [Fact]
    public void TheCapLetsThroughWhatIsNearestTheInputAndCountsUnitsWithoutHeads()
    {
        // Six units and two heads: ⌈6/2⌉, ⌈6 · 3/4⌉, ⌈6 · 7/8⌉.
        var game = new RuleGame(8, new FilteredRule(new Scripted(FreezeAll), new ScheduleCap(0.5)), heads: 2);
        for (int i = 0; i < 5; i++) game.Check(0, 0, 0, 0, 0, 0, 0, 0);
        Assert.Equal(["", "012", "01234", "012345", "012345"], game.Log);
    }

    [Fact]
    public void PhasesOfStepsAreStepsNotChecks()
    {
        var game = new RuleGame(5, new FilteredRule(new Scripted(FreezeAll), new ScheduleCap(0.5, every: 25)));
        for (int i = 0; i < 8; i++) game.Check(0, 0, 0, 0, 0);
        // Checks at steps 0, 10, …, 70; ⌈4/2⌉ from step 25, ⌈4 · 3/4⌉ from step 50.
        Assert.Equal(["", "", "", "01", "01", "012", "012", "012"], game.Log);
    }

    [Fact]
    public void TheCapMakesRoomForWhatIsThawedInTheSameDecisionAndThawsNothingItself()
    {
        int check = 0;
        var game = new RuleGame(5, new FilteredRule(new Scripted((_, decision) =>
        {
            if (check == 1) FreezeThem(decision, 0, 1);
            if (check == 2) decision.Thaw(0, "");
            if (check == 2) FreezeThem(decision, 2, 3);
        }), new ScheduleCap(0.5, every: 10)));
        for (; check < 3; check++) game.Check(0, 0, 0, 0, 0);
        // Three may be frozen at the third check: unit 1 still is.
        Assert.Equal(["", "01", "123"], game.Log);
    }

    [Fact]
    public void PrefixLetsThroughOnlyWhatExtendsThePrefixAndThawsNothing()
    {
        string[] wanted = ["1", "02", "1", "3"];
        int check = 0;
        var game = new RuleGame(6, new FilteredRule(new Scripted((_, decision) =>
        {
            foreach (char unit in wanted[check]) decision.Freeze(unit - '0', "");
        }), new PrefixOnly()));
        for (; check < wanted.Length; check++) game.Check(0, 0, 0, 0, 0, 0);
        Assert.Equal(["", "0", "01", "01"], game.Log);
    }

    [Fact]
    public void WhatRestsBehindAUnitThatIsThawedStaysAndNothingMoreJoinsIt()
    {
        int check = 0;
        var game = new RuleGame(6, new FilteredRule(new Scripted((_, decision) =>
        {
            if (check == 0) FreezeThem(decision, 0, 1, 2);
            if (check == 1) decision.Thaw(1, "");
            if (check == 1) FreezeThem(decision, 3);
            if (check == 2) FreezeThem(decision, 1, 3);
        }), new PrefixOnly()));
        for (; check < 3; check++) game.Check(0, 0, 0, 0, 0, 0);
        Assert.Equal(["012", "02", "0123"], game.Log);
    }

    [Fact]
    public void ARefusalLeavesTheUnitAndKeepsItsRate()
    {
        var rule = new FilteredRule(new Scripted((_, decision) => decision.Set(1, new UnitDecision(true, "wanted", 0.5f, OnFreeze.Drop))), new PrefixOnly());
        FreezeDecision decision = new RuleGame(3, rule).Check(0, 0, 0);
        Assert.Equal(new UnitDecision(false, null, 0.5f, null), decision.Units[1]);
    }

    [Fact]
    public void ARuleAndItsFiltersReadAsOne()
    {
        var rule = new FilteredRule(new Percentile(), new PrefixOnly(), new ScheduleCap());
        Assert.Equal("percentile+prefix+cap", rule.Name);
        Assert.Equal(["prefix", "cap"], rule.Filters.Select(filter => filter.Name));
    }

    [Fact]
    public void BadSettingsAreNamed()
    {
        foreach (double bad in new[] { 0, -0.5, 1.5, double.NaN })
            Assert.Contains("cap: alpha must be in (0, 1]", Assert.Throws<ArgumentOutOfRangeException>(() => new ScheduleCap(bad)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ScheduleCap(every: -1));
    }

    private static void FreezeThem(FreezeDecision decision, params int[] units)
    {
        foreach (int unit in units) decision.Freeze(unit, "");
    }

    private static void FreezeAll(CheckContext context, FreezeDecision decision)
    {
        foreach (UnitView unit in context.Units)
        {
            if (!unit.IsHead) decision.Freeze(unit.Index, "");
        }
    }
}
