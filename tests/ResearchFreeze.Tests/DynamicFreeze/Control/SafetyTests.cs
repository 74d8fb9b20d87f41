using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Caps, timer, probe debt, guard, rates, state and masks: what the controller does by itself.</summary>
public class SafetyTests
{
    [Theory]
    [InlineData(1.0, int.MaxValue, "unit0@1 unit1@1 unit2@1", "unit3@1: the head is never frozen")]
    [InlineData(1.0, 1, "unit0@1 unit1@2 unit2@3", "unit3@1: the head is never frozen|unit1@1: at most 1 freezes at one check|unit2@1: at most 1 freezes at one check")]
    [InlineData(0.5, int.MaxValue, "unit0@1 unit1@1", "unit3@1: the head is never frozen|unit2@1: at most 2 of 4 units may be frozen")]
    [InlineData(0.0, int.MaxValue, "", "unit3@1: the head is never frozen|unit0@1: at most 0 of 4 units may be frozen|unit1@1: at most 0 of 4 units may be frozen|unit2@1: at most 0 of 4 units may be frozen")]
    public void CapsHoldAndARefusalIsSaidOnce(double most, int atOnce, string frozen, string refused)
    {
        var rule = new Scripted((context, decision) =>
        {
            for (int i = 0; i < 4 && context.Step > 0; i++) decision.Freeze(i, "always");
        });
        using var run = new Run(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 1, MostFrozen = most, MostAtOnce = atOnce });
        run.Steps(5);
        Assert.Equal(frozen, string.Join(' ', run.Freeze.Decisions.Where(entry => entry.Action == FreezeAction.Freeze).Select(entry => $"{entry.Path}@{entry.Step}")));
        Assert.Equal(refused.Split('|').Order(), run.Freeze.Decisions.Where(entry => entry.Action == FreezeAction.Refuse).Select(entry => $"{entry.Path}@{entry.Step}: {entry.Reason}").Order());
    }

    [Fact]
    public void AUnitThatHasRestedLongEnoughIsThawedByTheTimer()
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step is 2 or 8) decision.Freeze(0, "now");
        });
        using var run = new Run(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, ThawAfterSteps = 3 });
        run.Steps(12);
        Assert.Equal(["2 freeze rule", "5 thaw timer", "8 freeze rule", "11 thaw timer"], run.Log());
        Assert.Contains("frozen for 3 steps", run.Freeze.Decisions[1].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void ADebtThatGrewThawsAUnitAndItsLastProbeIsShownToTheRule()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, 3, 4, 2);
        using var optimizer = new Sgd(model, new Constant(1e-6f));
        double scale = 1;
        using var probe = new ProbeBatch(model, Tensor.From(device, [1f, 2, 3, -1, 0, 1], [2, 3]), output => output.Sum() * scale);
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 4) decision.Freeze(0, "now");
        });
        using var freeze = new FreezeController(
            model, optimizer, new Watching(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 2, ProbeEvery = 1, ProbeDebt = 2 }, probe: probe);
        for (int step = 1; step <= 12; step++)
        {
            if (step == 7) scale = 1.9;
            if (step == 11) scale = 2.1;
            Networks.Backward(model, device, 2, 3, 2, step);
            freeze.Step();
        }
        Assert.Equal(["4 freeze rule", "12 thaw probe"], freeze.Decisions.Select(entry => $"{entry.Step} {entry.Action.ToString().ToLowerInvariant()} {entry.Trigger}"));
        Assert.Equal(1.9, rule.Checks.Single(check => check.Step == 8).Units[0].Probe!.Debt, 1e-4);
        Assert.Equal(double.NaN, rule.Checks.Single(check => check.Step == 8).Units[1].Probe!.Debt);       // it trains
        Assert.Null(rule.Checks[0].Units[0].Probe);
    }

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
        using var run = new Run(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1, GuardChecks = 2 });
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
        using var run = new Run(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1, GuardChecks = 0 });
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
        using var run = new Run(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1, GuardChecks = 0 });
        foreach ((int steps, double accuracy) in new[] { (2, 0.5), (2, 0.8), (2, 0.5), (4, 0.6) })
        {
            run.Steps(steps);
            run.Freeze.Observe("accuracy", accuracy, Better.Higher);
        }
        // 0.8 was measured on the weights that came back: the second freeze is compared with it, not with 0.5 before.
        Assert.Equal(["4 freeze rule", "6 thaw guard", "6 rollback guard", "8 freeze rule", "10 thaw guard", "10 rollback guard"], run.Log());
        Assert.Contains("0.8 at step 4", run.Freeze.Decisions[4].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatWasCollectedBeforeARollbackIsNoPartOfTheNextObservation()
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 4) decision.Freeze(0, "now");
        });
        using var run = new Run(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1 });
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
        using var run = new Run(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1 });
        run.Steps(2);
        run.Freeze.Observe("accuracy", 0.8, Better.Higher);
        run.Steps(2);
        var state = new StateTree();
        run.Freeze.SaveState(state);
        run.Freeze.LoadState(state);
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
        using var run = new Run(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1 });
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
        using var run = new Run(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1 });
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
        using var run = new Run(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1 });
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
        using var run = new Run(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1 });
        run.Steps(2);
        run.Freeze.Observe("accuracy", 0.8, Better.Higher);
        run.Steps(6);
        run.Freeze.Observe("accuracy", 0.2, Better.Higher);
        Assert.Equal(["4 freeze rule", "6 thaw rule"], run.Log());
    }

    [Fact]
    public void WhatStandsStillBecauseAStepWasLeftOutHasNotFinishedAndItsSumsBeginAnew()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 2, 3], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.1f)) { OnNonFinite = OnNonFinite.Skip };
        var rule = new Scripted();
        using var freeze = new FreezeController(model, optimizer, new WeightChange(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 2 });
        for (int step = 0; step < 8; step++)
        {
            model.Backward([step == 4 ? double.NaN : 1, 1, 1], [1, 1]);
            freeze.Step();
        }
        Assert.Equal(1, optimizer.SkippedSteps());
        Assert.Equal([true, true, false, true], rule.History(0).All.Select(observation => double.IsFinite(observation.Of("weight-distance")[0])));
        Assert.Equal(double.NaN, rule.Checks[^1].Units[0].Score);
    }

    [Fact]
    public void AParameterThatTheUserFrozeInsideAUnitStaysFrozenAfterAResumeAndStepsWithoutMoreAreFull()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 2, 3], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        model[0].Bias.IsFrozen = true;
        using var freeze = new FreezeController(model, optimizer, new Watching(), new Scripted(), options: FreezeOptions.WithoutTriggers);
        model.Backward([1, 1, 1], [1, 1]);
        freeze.Step();
        Assert.True(freeze.Ledger.IsFullKnown);
        Assert.Equal(0, freeze.Ledger.SavedTotal);       // what the user freezes is no saving of the controller's
        var state = new StateTree();
        freeze.SaveState(state);
        model[0].Bias.IsFrozen = false;
        freeze.LoadState(state);
        Assert.Equal((true, false), (model[0].Bias.IsFrozen, model[0].Weight.IsFrozen));
    }

    [Theory]
    [InlineData(OnFreeze.Drop, OnFreeze.Keep, true)]
    [InlineData(OnFreeze.Keep, OnFreeze.Drop, false)]
    [InlineData(OnFreeze.Offload, OnFreeze.Drop, false)]
    public void R8_ADecisionsStateActionStandsAgainstTheOptimizersOwnUntilTheUnitTrainsAgain(OnFreeze own, OnFreeze asked, bool kept)
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 2, 3], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.1f), momentum: 0.9f) { OnFreeze = own };
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 2) decision.Set(0, new UnitDecision(true, "now", StateAction: asked == OnFreeze.Drop && own == OnFreeze.Offload ? null : asked));
            if (context.Step == 4 && own == OnFreeze.Offload) decision.Set(0, new UnitDecision(true, "now", StateAction: asked));
            if (context.Step == 6) decision.Thaw(0, "again");
        });
        using var freeze = new FreezeController(model, optimizer, new Watching(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 2 });
        for (int step = 0; step < 7; step++)
        {
            model.Backward([1, 1, 1], [1, 1]);
            freeze.Step();
        }
        // Velocity after two steps of gradient 1 is 1.9; the step after the thaw makes 2.71 of it, or 1 of nothing.
        Assert.Equal(kept ? 2.71 : 1, Networks.Values(optimizer.StateOf(model[0].Bias)[0])[0], 1e-6);
    }

    [Fact]
    public void AFreezeThatAMeasurementConfirmedIsNotTakenBackByALaterOne()
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 4) decision.Freeze(0, "now");
        });
        using var run = new Run(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, GuardMargin = 0.1 });
        foreach (double accuracy in new[] { 0.7, 0.7, 0.71, 0.2 })
        {
            run.Steps(2);
            run.Freeze.Observe("accuracy", accuracy, Better.Higher);
        }
        Assert.Equal(["4 freeze rule"], run.Log());
    }

    [Fact]
    public void RatesStateAndMasksOfADecisionAreAppliedAndLoggedOnce()
    {
        UpdateMask rows = UpdateMask.Scalars([true, false]);
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step >= 2) decision.Set(0, decision.Units[0] with { LearningRateScale = 0.5f, UpdateMasks = [rows, null], Reason = "half" });
            if (context.Step == 6) decision.Set(1, new UnitDecision(true, "rest", StateAction: OnFreeze.Drop));
        });
        using var run = new Run(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2 });
        run.Steps(8);
        Assert.Equal(["2 adjust rule", "6 freeze rule"], run.Log());
        Assert.Equal((0.5f, null), (run.Freeze.Decisions[0].RateScale, run.Freeze.Decisions[0].StateAction));
        Assert.Equal(OnFreeze.Drop, run.Freeze.Decisions[1].StateAction);
        Assert.Same(rows, run.Freeze.Units[0].Parameters[0].UpdateMask);
        Assert.Equal(0, run.Optimizer.StateBytes(run.Freeze.Units[1].Parameters[0]));
        Assert.Contains("keep 1 scalars as they are", run.Freeze.Ledger.Warning!, StringComparison.Ordinal);
    }

    /// <summary>Four units whose gradients are all one.</summary>
    private sealed class Run : IDisposable
    {
        private readonly ReferenceDevice device = new();
        private readonly Cells model;

        public Run(IFreezeRule rule, FreezeOptions options)
        {
            model = new Cells(device, [1, 2, 3], [1, 1], [1, 1], [1, 1]);
            Optimizer = new Sgd(model, new Constant(0.01f), momentum: 0.9f);
            Freeze = new FreezeController(model, Optimizer, new Watching(new GradientNorm()), rule, options: options);
        }

        public Sgd Optimizer { get; }

        public FreezeController Freeze { get; }

        public void Steps(int count)
        {
            for (int step = 0; step < count; step++)
            {
                model.Backward([1, 1, 1], [1, 1], [1, 1], [1, 1]);
                Freeze.Step();
            }
        }

        public double[] Weights() => [.. model.Parameters().SelectMany(Networks.Bits)];

        public string[] Log() => [.. Freeze.Decisions.Select(entry => $"{entry.Step} {entry.Action.ToString().ToLowerInvariant()} {entry.Trigger}")];

        public void Dispose()
        {
            Freeze.Dispose();
            Optimizer.Dispose();
            model.Dispose();
            device.Dispose();
        }
    }
}
