using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Caps, timer, probe debt, rates, state and masks: what the controller does by itself.</summary>
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
        using var run = new CellsRun(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 1, MostFrozen = most, MostAtOnce = atOnce });
        run.Steps(5);
        Assert.Equal(frozen, string.Join(' ', run.Freeze.Decisions.Where(entry => entry.Action == FreezeAction.Freeze).Select(entry => $"{entry.Path}@{entry.Step}")));
        Assert.Equal(refused.Split('|').Order(), run.Freeze.Decisions.Where(entry => entry.Action == FreezeAction.Refuse).Select(entry => $"{entry.Path}@{entry.Step}: {entry.Reason}").Order());
    }

    [Fact]
    public void ARefusalThatLapsedIsSaidAgainWhenItComesBack()
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step is 1 or 2 or 4) decision.Freeze(3, "the head");
        });
        using var run = new CellsRun(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 1 });
        run.Steps(5);
        Assert.Equal(["1 refuse rule", "4 refuse rule"], run.Log());
    }

    [Fact]
    public void AUnitThatHasRestedLongEnoughIsThawedByTheTimer()
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step is 2 or 8) decision.Freeze(0, "now");
        });
        using var run = new CellsRun(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2, ThawAfterSteps = 3 });
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
    public void AStepThatWasLeftOutBeforeASaveIsNoneOfTheResumedRunsIntervals()
    {
        var state = new StateTree();
        Assert.Equal([false], Train([double.NaN, 1], resumes: false));
        Assert.Equal([false, true], Train([1, 1], resumes: true));

        bool[] Train(double[] gradients, bool resumes)
        {
            using var device = new ReferenceDevice();
            using var model = new Cells(device, [1, 2, 3], [1, 1]);
            using var optimizer = new Sgd(model, new Constant(0.1f)) { OnNonFinite = OnNonFinite.Skip };
            var rule = new Scripted();
            using var freeze = new FreezeController(model, optimizer, new WeightChange(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 2 });
            if (resumes)
            {
                optimizer.LoadState(state.Branch("optimizer"));
                freeze.LoadState(state.Branch("freeze"));
            }
            foreach (double gradient in gradients)
            {
                model.Backward([gradient, 1, 1], [1, 1]);
                freeze.Step();
            }
            if (!resumes)
            {
                optimizer.SaveState(state.Branch("optimizer"));
                freeze.SaveState(state.Branch("freeze"));
            }
            return [.. rule.History(0).All.Select(observation => double.IsFinite(observation.Of("weight-distance")[0]))];
        }
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
        using var other = new Sgd(model, new Constant(0.1f));
        using var resumed = new FreezeController(model, other, new Watching(), new Scripted(), options: FreezeOptions.WithoutTriggers);
        resumed.LoadState(state);
        Assert.Equal((true, false), (model[0].Bias.IsFrozen, model[0].Weight.IsFrozen));
        Assert.Equal(["bias"], resumed.Units[0].Pinned.Select(text => text.Split(' ')[0].Split('.')[^1]));
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
    public void ARateThatFallsInEveryStepIsNoDropFromTheSecondStepOn()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new StepDecay(0.1f, 1));
        var rule = new Scripted((context, decision) => decision.Freeze(0, "always"));
        using var freeze = new FreezeController(model, optimizer, new Watching(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 1, RateDrop = 5 });
        for (int step = 0; step < 4; step++)
        {
            model.Backward([1, 0], [1, 0]);
            freeze.Step();
        }
        Assert.Equal([(0, FreezeAction.Freeze), (1, FreezeAction.Thaw), (1, FreezeAction.Freeze)], freeze.Decisions.Select(entry => (entry.Step, entry.Action)));
    }

    [Fact]
    public void AStateThatIsDroppedFromTheHostIsLoggedAndOneThatIsGoneIsNot()
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step >= 2) decision.Set(0, new UnitDecision(true, "rest", StateAction: context.Step == 2 ? OnFreeze.Offload : OnFreeze.Drop));
        });
        using var run = new CellsRun(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2 });
        run.Steps(8);
        Assert.Equal([(2, OnFreeze.Offload), (4, OnFreeze.Drop)], run.Freeze.Decisions.Select(entry => (entry.Step, entry.StateAction!.Value)));
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
        using var run = new CellsRun(rule, FreezeOptions.WithoutTriggers with { CheckEvery = 2 });
        run.Steps(8);
        Assert.Equal(["2 adjust rule", "6 freeze rule"], run.Log());
        Assert.Equal((0.5f, null), (run.Freeze.Decisions[0].RateScale, run.Freeze.Decisions[0].StateAction));
        Assert.Equal(OnFreeze.Drop, run.Freeze.Decisions[1].StateAction);
        Assert.Same(rows, run.Freeze.Units[0].Parameters[0].UpdateMask);
        Assert.Equal(0, run.Optimizer.StateBytes(run.Freeze.Units[1].Parameters[0]));
        Assert.Contains("keep 1 scalars as they are", run.Freeze.Ledger.Warning!, StringComparison.Ordinal);
    }
}
