using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>The guard: what a bad measurement takes back, and what is left afterwards.</summary>
public class GuardTests
{
    [Theory]
    [InlineData(0.75, 0.5, true)]
    [InlineData(0.75, 0.7, false)]
    [InlineData(0.75, double.NaN, false)]
    public void TheGuardTakesTheLastFreezeBackWithItsWeights(double before, double after, bool rolledBack)
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step >= 4) decision.Freeze(0, "now");
        });
        using var run = new CellsRun(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1, GuardChecks = 2 });
        run.Steps(2);
        run.Freeze.Observe("accuracy", before, Better.Higher);
        run.Steps(2);
        double[] atFreeze = run.Weights();
        run.Steps(2);
        double[] later = run.Weights();
        Assert.NotEqual(atFreeze, later);
        run.Freeze.Observe("accuracy", after, Better.Higher);
        Assert.Equal(rolledBack ? atFreeze : later, run.Weights());
        Assert.Equal(6, run.Optimizer.StepCount);                 // the schedule goes on
        Assert.Null(run.Optimizer.HaltedAfter());
        run.Steps(6);
        Assert.Equal(rolledBack ? ["4 freeze rule", "6 thaw guard", "6 rollback guard", "8 refuse rule", "10 freeze rule"] : ["4 freeze rule"], run.Log());
        if (rolledBack) Assert.Equal(4, run.Freeze.Decisions[2].RestoredStep);
    }

    [Fact]
    public void AMeasurementAtTheFreezesOwnStepConfirmsNothingAndARejectedOneIsNoBaseline()
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step is 4 or 8) decision.Freeze(0, "now");
        });
        using var run = new CellsRun(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1, GuardChecks = 0 });
        foreach ((int steps, double accuracy) in new[] { (2, 0.8), (2, 0.8), (2, 0.5), (2, 0.79), (2, 0.6) })
        {
            run.Steps(steps);
            run.Freeze.Observe("accuracy", accuracy, Better.Higher);
        }
        // 0.5 after the first freeze is rejected; the second is compared with 0.8 before, not with it.
        Assert.Equal(["4 freeze rule", "6 thaw guard", "6 rollback guard", "8 freeze rule", "10 thaw guard", "10 rollback guard"], run.Log());
    }

    [Fact]
    public void AMeasurementAtTheStepThatARollbackReturnsToIsStillABaseline()
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step is 4 or 8) decision.Freeze(0, "now");
        });
        using var run = new CellsRun(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1, GuardChecks = 0 });
        foreach ((int steps, double accuracy) in new[] { (2, 0.5), (2, 0.8), (2, 0.5), (4, 0.6) })
        {
            run.Steps(steps);
            run.Freeze.Observe("accuracy", accuracy, Better.Higher);
        }
        // 0.8 was measured on the weights that came back: the second freeze is compared with it, not with 0.5 before.
        Assert.Equal(["4 freeze rule", "6 thaw guard", "6 rollback guard", "8 freeze rule", "10 thaw guard", "10 rollback guard"], run.Log());
        Assert.Contains("0.8 at step 4", run.Freeze.Decisions[4].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhatWasMeasuredOnWeightsThatAreGoneIsNoBaselineOfAResumedRunEither(bool resumes)
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step is 4 or 8) decision.Freeze(0, "now");
        });
        using var run = new CellsRun(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1, GuardChecks = 0 });
        foreach ((int steps, double accuracy) in new[] { (2, 0.8), (4, 0.5), (4, 0.6) })
        {
            run.Steps(steps);
            run.Freeze.Observe("accuracy", accuracy, Better.Higher);
            if (resumes) run.SaveAndLoad();
        }
        Assert.Equal(["4 freeze rule", "6 thaw guard", "6 rollback guard", "8 freeze rule", "10 thaw guard", "10 rollback guard"], run.Log());
        Assert.Contains("0.8 at step 2", run.Freeze.Decisions[4].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatTheGuardHoldsBackIsHeldBackAfterAResumeAndTheRollbackIsRemembered()
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step >= 4) decision.Freeze(0, "now");
        });
        using var run = new CellsRun(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1, GuardChecks = 2 });
        run.Steps(2);
        run.Freeze.Observe("accuracy", 0.8, Better.Higher);
        run.Steps(4);
        run.Freeze.Observe("accuracy", 0.5, Better.Higher);
        run.SaveAndLoad();
        run.Steps(4);
        Assert.Equal(["4 freeze rule", "6 thaw guard", "6 rollback guard", "8 refuse rule", "10 freeze rule"], run.Log());
        Assert.Equal(4, run.Freeze.Decisions[2].RestoredStep);
    }

    [Fact]
    public void AMeasurementThatIsNoNumberIsNoBaselineOfTheGuard()
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 4) decision.Freeze(0, "now");
        });
        using var run = new CellsRun(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1 });
        foreach ((int steps, double accuracy) in new[] { (2, 0.8), (1, double.NaN), (2, 0.2) })
        {
            run.Steps(steps);
            run.Freeze.Observe("accuracy", accuracy, Better.Higher);
        }
        Assert.Equal(["4 freeze rule", "5 thaw guard", "5 rollback guard"], run.Log());
    }

    [Fact]
    public void AMeasurementThatIsNoNumberConfirmsNoFreeze()
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 4) decision.Freeze(0, "now");
        });
        using var run = new CellsRun(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1 });
        foreach ((int steps, double accuracy) in new[] { (2, 0.8), (3, double.NaN), (1, 0.2) })
        {
            run.Steps(steps);
            run.Freeze.Observe("accuracy", accuracy, Better.Higher);
        }
        Assert.Equal(["4 freeze rule", "6 thaw guard", "6 rollback guard"], run.Log());
    }

    [Fact]
    public void TheGuardComparesAMeasurementWithTheLastOfItsOwnName()
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 4) decision.Freeze(0, "now");
        });
        using var run = new CellsRun(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1 });
        run.Steps(2);
        run.Freeze.Observe("accuracy", 0.8, Better.Higher);
        run.Freeze.Observe("images a second", 5000, Better.Higher);
        run.Steps(3);
        run.Freeze.Observe("accuracy", 0.79, Better.Higher);
        Assert.Equal(["4 freeze rule"], run.Log());
    }

    [Fact]
    public void WhatWasCollectedBeforeARollbackIsNoPartOfTheNextObservation()
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 4) decision.Freeze(0, "now");
        });
        using var run = new CellsRun(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1 });
        run.Steps(2);
        run.Freeze.Observe("accuracy", 0.8, Better.Higher);
        run.Steps(3);
        run.Freeze.Observe("accuracy", 0.2, Better.Higher);
        run.Steps(3);
        Assert.Equal(["4 freeze rule", "5 thaw guard", "5 rollback guard"], run.Log());
        // Of a unit that trained all the while: of the interval from step 4 to 6 only the step after the rollback.
        Assert.Equal([(2, 2), (4, 2), (6, 1), (8, 2)], rule.History(1).All.Select(observation => (observation.Step, observation.Steps)));
        Assert.Equal(2, rule.History(1).Count);        // and what was observed on the weights that are gone belongs to an earlier stretch
    }

    [Fact]
    public void AfterAResumeAMeasurementAtTheFreezesOwnStepStillTakesNothingBack()
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 4) decision.Freeze(0, "now");
        });
        using var run = new CellsRun(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1 });
        run.Steps(2);
        run.Freeze.Observe("accuracy", 0.8, Better.Higher);
        run.Steps(2);
        run.SaveAndLoad();
        run.Freeze.Observe("accuracy", 0.2, Better.Higher);
        Assert.Equal(["4 freeze rule"], run.Log());
    }

    [Fact]
    public void AMeasurementAtTheStepOfASecondFreezeHasNotSeenItAndTakesNothingBack()
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 4) decision.Freeze(0, "first");
            if (context.Step == 6) decision.Freeze(1, "second");
        });
        using var run = new CellsRun(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1 });
        run.Steps(2);
        run.Freeze.Observe("accuracy", 0.8, Better.Higher);
        run.Steps(4);
        run.Freeze.Observe("accuracy", 0.2, Better.Higher);
        Assert.Equal(["4 freeze rule", "6 freeze rule"], run.Log());
        run.Steps(1);
        run.Freeze.Observe("accuracy", 0.2, Better.Higher);
        Assert.Equal(["4 freeze rule", "6 freeze rule", "7 thaw guard", "7 thaw guard", "7 rollback guard"], run.Log());
    }

    [Fact]
    public void ARateThatARollbackPutsBackIsStillTheRules()
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 4) decision.Freeze(0, "now");
            if (context.Step >= 6) decision.Set(1, new UnitDecision(false, "slower", context.Step == 6 ? 0.5f : 0.25f));
        });
        using var run = new CellsRun(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1 });
        Parameter other = run.Freeze.Units[1].Parameters[0];
        run.Steps(2);
        run.Freeze.Observe("accuracy", 0.8, Better.Higher);
        run.Steps(5);
        Assert.Equal(0.5f, run.Optimizer.RateScaleOf(other));
        run.Freeze.Observe("accuracy", 0.2, Better.Higher);
        Assert.Equal(1, run.Optimizer.RateScaleOf(other));
        run.Steps(1);
        Assert.Equal(0.25f, run.Optimizer.RateScaleOf(other));
        Assert.Empty(run.Freeze.Units[1].Pinned);
    }

    [Fact]
    public void ARateScaleThatTheUserSetSinceTheFreezeSurvivesARollback()
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 4) decision.Freeze(0, "now");
        });
        using var run = new CellsRun(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1 });
        Parameter other = run.Freeze.Units[1].Parameters[0];
        run.Steps(2);
        run.Freeze.Observe("accuracy", 0.8, Better.Higher);
        run.Steps(3);
        run.Optimizer.SetRateScale(other, 0.25f);
        run.Freeze.Observe("accuracy", 0.2, Better.Higher);
        Assert.Equal(["4 freeze rule", "5 thaw guard", "5 rollback guard"], run.Log());
        run.Steps(2);
        Assert.Equal(0.25f, run.Optimizer.RateScaleOf(other));
        Assert.Equal([$"{other.Path} (rate scale 0.25)"], run.Freeze.Units[1].Pinned);
    }

    [Fact]
    public void AStepThatIsLeftOutAfterARollbackIsNoticedHoweverManyWereLeftOutBefore()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 2, 3], [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.1f)) { OnNonFinite = OnNonFinite.Skip };
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 4) decision.Freeze(0, "now");
        });
        using var freeze = new FreezeController(model, optimizer, new WeightChange(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1 });
        for (int step = 1; step <= 8; step++)
        {
            model.Backward([1, 1, 1], [step is 2 or 6 ? double.NaN : 1, 1], [1, 1]);
            freeze.Step();
            if (step is 3 or 5) freeze.Observe("accuracy", step == 3 ? 0.8 : 0.2, Better.Higher);
        }
        Assert.Equal(5, Assert.Single(freeze.Decisions, entry => entry.Action == FreezeAction.Rollback).Step);
        Assert.Equal([(2, false), (4, true), (6, false), (8, true)], rule.History(1).All.Select(observation => (observation.Step, double.IsFinite(observation.Of("weight-distance")[0]))));
    }

    [Fact]
    public void AUnitThatTrainsAgainHasNothingToTakeBack()
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 4) decision.Freeze(0, "now");
            if (context.Step == 6) decision.Thaw(0, "again");
        });
        using var run = new CellsRun(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1 });
        run.Steps(2);
        run.Freeze.Observe("accuracy", 0.8, Better.Higher);
        run.Steps(6);
        run.Freeze.Observe("accuracy", 0.2, Better.Higher);
        Assert.Equal(["4 freeze rule", "6 thaw rule"], run.Log());
    }

    [Fact]
    public void AFreezeThatAMeasurementConfirmedIsNotTakenBackByALaterOne()
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 4) decision.Freeze(0, "now");
        });
        using var run = new CellsRun(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1 });
        foreach (double accuracy in new[] { 0.7, 0.7, 0.71, 0.2 })
        {
            run.Steps(2);
            run.Freeze.Observe("accuracy", accuracy, Better.Higher);
        }
        Assert.Equal(["4 freeze rule"], run.Log());
    }
}
