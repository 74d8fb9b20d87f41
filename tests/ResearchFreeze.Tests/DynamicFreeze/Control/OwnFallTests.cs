using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>What full training loses between two measurements by itself is no regression: the largest fall seen while nothing was frozen is allowed later.</summary>
public class OwnFallTests
{
    /// <summary>Accuracies, one a step; what the rule does at the check before each (f: freezes, t: thaws); and the step of the regression, 0: there is none. The margin is 2 %.</summary>
    public static TheoryData<double[], string, int> Runs => new()
    {
        { [0.5, 0.7, 0.62, 0.8, 0.73], "...f.", 0 },          // it fell by 0.08 in full training: 0.07 is none
        { [0.5, 0.7, 0.62, 0.8, 0.71], "...f.", 5 },          // 0.09 is one
        { [0.5, 0.7, 0.8, 0.73], "..f.", 4 },                 // it never fell by itself: the margin alone
        { [0.5, 0.7, 0.8, 0.79], "..f.", 0 },
        { [0.7, 0.6, 0.5, 0.8, 0.61], "...f.", 0 },           // below the best before it, not below the last
        { [0.7, 0.6, 0.5, 0.8, 0.59], "...f.", 5 },
        { [0.7, 0.6, 0.8, 0.5], ".f..", 2 },                  // a fall that was measured with a frozen unit is its own judge
        { [0.7, 0.695, 0.8, 0.69], "f...", 4 },
        { [0.8, 0.79, 0.5, 0.4, 0.8, 0.7], ".ft.f.", 6 },     // neither 0.5, partly frozen, nor 0.4 below 0.8 ...
        { [0.8, 0.79, 0.5, 0.55, 0.43, 0.8, 0.7], ".ft..f.", 0 },      // ... but 0.43 below 0.55, both after the thaw
        { [0.8, double.NaN, 0.7, 0.8, 0.71], "...f.", 0 },    // a measurement that failed is no fall and hides none
        { [0.5, double.NegativeInfinity, 0.6, 0.8, 0.7], "...f.", 5 },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void AFallThatWasSeenWhileNothingWasFrozenIsNoRegression(double[] values, string actions, int expected)
    {
        foreach (bool higher in new[] { true, false })
        {
            using var run = new CellsRun(Acting(actions), FreezeOptions.WithoutTriggers with { CheckEvery = 1, RegressionMargin = 0.02 });
            // Lower is better: the same run, mirrored.
            foreach (double value in values) Step(run, "quality", value, higher);
            Assert.Equal(expected == 0 ? [] : [$"{expected} thaw regression"], run.Log().Where(line => line.EndsWith("regression", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void TheGuardAllowsItTooAndTheReasonSaysWhichMarginItWas()
    {
        foreach ((double last, bool takesBack) in new[] { (0.73, false), (0.71, true) })
        {
            using var run = new CellsRun(Acting("...f.."), FreezeOptions.WithoutTriggers with { CheckEvery = 1, GuardMargin = 0.01, GuardChecks = 0 });
            foreach (double value in new[] { 0.5, 0.7, 0.62, 0.8, last }) Step(run, "accuracy", value, higher: true);
            Assert.Equal(takesBack ? ["4 freeze rule", "5 thaw guard", "5 rollback guard"] : ["4 freeze rule"], run.Log());
            if (takesBack) Assert.Equal("accuracy 0.71 is worse than before the freeze, 0.8 at step 4, by more than 0.08, which it fell while nothing was frozen", run.Freeze.Decisions[1].Reason);
        }
    }

    /// <summary>What is known of full training is part of the state, and a measurement's own margin is kept as it was given.</summary>
    [Theory]
    [InlineData(null, false)]
    [InlineData(0.02, true)]
    public void ItIsSavedAndAMarginOfTheMeasurementsOwnIsKept(double? margin, bool thaws)
    {
        using var run = new CellsRun(Acting("...f."), FreezeOptions.WithoutTriggers with { CheckEvery = 1, RegressionMargin = 0.02 });
        foreach (double value in new[] { 0.5, 0.7, 0.62, 0.8 }) Step(run, "accuracy", value, higher: true);
        run.SaveAndLoad();
        Assert.Equal([false, false, false, true], run.Freeze.Validation.Select(point => point.WithFrozen));
        run.Steps(1);
        run.Freeze.Observe("accuracy", 0.73, Better.Higher, margin);
        Assert.Equal(!thaws, run.Freeze.Units[0].IsFrozen);
    }

    private static void Step(CellsRun run, string name, double value, bool higher)
    {
        run.Steps(1);
        run.Freeze.Observe(name, higher ? value : -value, higher ? Better.Higher : Better.Lower);
    }

    private static Scripted Acting(string actions) => new((context, decision) =>
    {
        char action = context.Step >= 1 && context.Step <= actions.Length ? actions[context.Step - 1] : '.';
        if (action == 'f') decision.Freeze(0, "now");
        if (action == 't') decision.Thaw(0, "now");
    });
}
