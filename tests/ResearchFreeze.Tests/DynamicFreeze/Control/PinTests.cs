using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>What the user set stays: cases 1 to 4, and what is set by hand later.</summary>
public class PinTests
{
    private const int Rows = 6, In = 12, Width = 16, Classes = 3;

    [Fact]
    public void Case01_CheckingSettingsHasNoEffectAndWhatTheUserSetStays()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Width, Classes);
        using var optimizer = new Sgd(model, new Constant(0.1f), momentum: 0.9f);
        Parameter[] first = [.. model.Children[0].Parameters()];
        Parameter secondBias = model.Children[1].Parameters().Last(), headBias = model.Children[2].Parameters().Last();
        foreach (Parameter parameter in first) parameter.IsFrozen = true;
        secondBias.IsFrozen = true;
        optimizer.SetRateScale(headBias, 0.25f);
        secondBias.UpdateMask = UpdateMask.Rows([.. Enumerable.Range(0, Width).Select(i => i % 2 == 0)]);
        UpdateMask mask = secondBias.UpdateMask;
        double[][] before = [.. first.Append(secondBias).Select(Networks.Bits)];
        using (var trial = new FreezeController(model, optimizer, new WeightChange(), new Static(1), options: FreezeOptions.WithoutTriggers)) trial.CheckSettings();
        Check();
        // A rule that wants everything else.
        var rule = new Scripted((context, decision) =>
        {
            for (int i = 0; i < 3; i++) decision.Set(i, new UnitDecision(false, "thaw", 1, UpdateMasks: [null, null]));
        });
        using var freeze = new FreezeController(model, optimizer, new WeightChange(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 1 });
        for (int step = 0; step < 5; step++)
        {
            Networks.Backward(model, device, Rows, In, Classes, step);
            freeze.Step();
        }
        Check();
        Assert.Equal(before, first.Append(secondBias).Select(Networks.Bits));
        Assert.Equal(["fc1 (frozen)", "fc2.bias (frozen, update mask)", "fc3.bias (rate scale 0.25)"], freeze.Units.SelectMany(unit => unit.Pinned));
        Assert.DoesNotContain(freeze.Decisions, entry => entry.Unit == 0);

        void Check()
        {
            Assert.All(first, parameter => Assert.True(parameter.IsFrozen));
            Assert.Equal((true, false, 0.25f), (secondBias.IsFrozen, headBias.IsFrozen, optimizer.RateScaleOf(headBias)));
            Assert.Same(mask, secondBias.UpdateMask);
            Assert.Equal(1, optimizer.RateScaleOf(secondBias));
        }
    }

    [Theory]
    [InlineData("regression")]
    [InlineData("rate-drop")]
    [InlineData("timer")]
    [InlineData("guard")]
    [InlineData("probe")]
    public void Case02And03_NoTriggerThawsWhatTheUserFroze(string trigger)
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Width, Classes);
        foreach (Parameter parameter in model.Children[0].Parameters()) parameter.IsFrozen = true;
        using var optimizer = new Sgd(model, trigger == "rate-drop" ? new StepDecay(0.1f, 6) : new Constant(0.1f));
        FreezeOptions options = FreezeOptions.WithoutTriggers with { CheckEvery = 2 };
        options = trigger switch
        {
            "regression" => options with { RegressionMargin = 0.02 },
            "rate-drop" => options with { RateDrop = 5 },
            "timer" => options with { ThawAfterSteps = 3 },
            "guard" => options with { GuardMargin = 0.02 },
            _ => options with { ProbeEvery = 1, ProbeDebt = 1.0001 },
        };
        using ProbeBatch? probe = trigger == "probe" ? Probe(model, device) : null;
        // The second unit is the controller's, so that the trigger has something to do.
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 2) decision.Freeze(1, "now");
        });
        using var freeze = new FreezeController(model, optimizer, new WeightChange(), rule, options: options, probe: probe);
        double[][] before = [.. model.Children[0].Parameters().Select(Networks.Bits)];
        bool hasThawed = false;
        for (int step = 0; step < 16; step++)
        {
            Networks.Backward(model, device, Rows, In, Classes, step);
            freeze.Step();
            freeze.Observe("validation", step < 2 ? 0.9 : 0.87, Better.Higher);
            Assert.True(model.Children[0].IsFrozen);
            hasThawed |= freeze.Decisions.Any(entry => entry.Action == FreezeAction.Thaw && entry.Trigger == trigger && entry.Unit == 1);
        }
        Assert.True(hasThawed || trigger == "probe", "the trigger never acted");
        Assert.Equal(before, model.Children[0].Parameters().Select(Networks.Bits));
        Assert.DoesNotContain(freeze.Decisions, entry => entry.Unit == 0);
    }

    [Theory]
    [InlineData("static:2")]
    [InlineData("rotation:units=1,every=2,order=ascending")]
    [InlineData("phases:1,2,3,steps=6")]
    [InlineData("budget:rho=0.9")]
    [InlineData("aimd:threshold=100")]
    [InlineData("percentile:60,prefix=0")]
    [InlineData("threshold:threshold=100,patience=1")]
    [InlineData("percentile:60+prefix+cap")]
    public void Case03_NoRuleThawsWhatTheUserFrozeNorFreezesWhatIsPinnedInTraining(string spec)
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Width, Width, Classes);
        foreach (Parameter parameter in model.Children[1].Parameters()) parameter.IsFrozen = true;
        using var optimizer = new AdamW(model, new Constant(0.01f));
        using var freeze = new FreezeController(
            model, optimizer, new WeightChange(), Rules.Parse(spec, Rules.Catalogue(), Rules.Filters()), options: FreezeOptions.WithoutTriggers with { CheckEvery = 2 });
        freeze.Units[0].Pin();
        double[][] frozen = [.. model.Children[1].Parameters().Select(Networks.Bits)];
        for (int step = 0; step < 20; step++)
        {
            double[] before = Networks.Bits(model.Children[0].Parameters().First());
            Networks.Backward(model, device, Rows, In, Classes, step);
            freeze.Step();
            Assert.NotEqual(before, Networks.Bits(model.Children[0].Parameters().First()));
        }
        Assert.Equal(frozen, model.Children[1].Parameters().Select(Networks.Bits));
        Assert.DoesNotContain(freeze.Decisions, entry => entry.Unit is 0 or 1 && entry.Action is FreezeAction.Freeze or FreezeAction.Thaw && entry.Unit < 2);
        Assert.Equal(["fc1 (trains)", "fc2 (frozen)"], freeze.Units.SelectMany(unit => unit.Pinned));
    }

    [Fact]
    public void Case04_AParameterFrozenByHandStaysWhenItsUnitIsFrozenAndThawed()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Classes);
        Parameter weight = model.Children[0].Parameters().First(), bias = model.Children[0].Parameters().Last();
        bias.IsFrozen = true;
        using var optimizer = new Sgd(model, new Constant(0.1f));
        using var freeze = new FreezeController(model, optimizer, new WeightChange(), new Static(1), options: FreezeOptions.WithoutTriggers with { RegressionMargin = 0.02, CheckEvery = 100 });
        freeze.Observe("validation", 0.9, Better.Higher);
        Assert.Equal((true, true), (weight.IsFrozen, bias.IsFrozen));
        freeze.Observe("validation", 0.8, Better.Higher);
        Assert.Equal((false, true), (weight.IsFrozen, bias.IsFrozen));
        double[] before = Networks.Bits(bias);
        Networks.Backward(model, device, Rows, In, Classes);
        freeze.Step();
        Assert.Equal(before, Networks.Bits(bias));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhatIsChangedByHandInMidRunIsTheUsersFromThenOnAndSaidOnce(bool frozen)
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Width, Classes);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        // At every check the opposite of what the hand wants.
        var rule = new Scripted((context, decision) => decision.Set(0, new UnitDecision(!frozen, "always")));
        using var freeze = new FreezeController(model, optimizer, new WeightChange(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 1 });
        for (int step = 0; step < 6; step++)
        {
            if (step == 3)
            {
                foreach (Parameter parameter in model.Children[0].Parameters()) parameter.IsFrozen = frozen;
            }
            Networks.Backward(model, device, Rows, In, Classes, step);
            freeze.Step();
            Assert.Equal(step < 3 ? !frozen : frozen, model.Children[0].IsFrozen);
        }
        DecisionEntry pin = Assert.Single(freeze.Decisions, entry => entry.Action == FreezeAction.Pin);
        Assert.Equal((3, 0, "hand"), (pin.Step, pin.Unit, pin.Trigger));
        freeze.Units[0].Unpin();
        Networks.Backward(model, device, Rows, In, Classes, 9);
        freeze.Step();
        Assert.Equal(!frozen, model.Children[0].IsFrozen);
        Assert.Contains(freeze.Decisions, entry => entry.Action == FreezeAction.Unpin);
    }

    /// <summary>No step stands between the user's freeze and what acts on it: a measurement, or a state that is saved and loaded.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhatIsFrozenByHandJustBeforeAMeasurementOrASaveIsTheUsers(bool saves)
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Width, Classes), other = Networks.Mlp(device, In, Width, Width, Classes);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        using var otherOptimizer = new Sgd(other, new Constant(0.1f));
        FreezeOptions options = FreezeOptions.WithoutTriggers with { RegressionMargin = 0.02, CheckEvery = 100 };
        using var freeze = new FreezeController(model, optimizer, new WeightChange(), new Never(), options: options);
        using var resumed = new FreezeController(other, otherOptimizer, new WeightChange(), new Never(), options: options);
        freeze.Observe("validation", 0.9, Better.Higher);
        Networks.Backward(model, device, Rows, In, Classes);
        freeze.Step();
        foreach (Parameter parameter in model.Children[0].Parameters()) parameter.IsFrozen = true;
        var state = new StateTree();
        if (saves)
        {
            freeze.SaveState(state);
            resumed.LoadState(state);
        }
        (FreezeController running, Sequential trained) = saves ? (resumed, other) : (freeze, model);
        running.Observe("validation", 0.5, Better.Higher);
        Assert.All(trained.Children[0].Parameters(), parameter => Assert.True(parameter.IsFrozen));
        Assert.True(running.Units[0].IsPinned);
        Assert.Equal(FreezeAction.Pin, Assert.Single(running.Decisions).Action);
    }

    [Fact]
    public void ARateScaleSetByHandIsPinnedBesideWhatWasPinnedBefore()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Classes);
        Parameter bias = model.Children[0].Parameters().Last();
        bias.IsFrozen = true;
        using var optimizer = new Sgd(model, new Constant(0.1f));
        var rule = new Scripted((context, decision) => decision.Set(0, new UnitDecision(false, "train", 1)));
        using var freeze = new FreezeController(model, optimizer, new WeightChange(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 1 });
        double[] before = Networks.Bits(bias);
        for (int step = 0; step < 5; step++)
        {
            if (step == 2) optimizer.SetRateScale(bias, 0.25f);
            Networks.Backward(model, device, Rows, In, Classes, step);
            freeze.Step();
            Assert.Equal((true, step < 2 ? 1 : 0.25f), (bias.IsFrozen, optimizer.RateScaleOf(bias)));
        }
        Assert.Equal(before, Networks.Bits(bias));
        Assert.Equal(["fc1.bias (frozen, rate scale 0.25)"], freeze.Units[0].Pinned);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AMaskSetByHandJustBeforeATriggerThawsItsUnitIsTheUsers(bool isWithinTheStep)
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Classes);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        var rule = new Scripted((context, decision) => decision.Set(0, new UnitDecision(context.Step == 0, "all of it", UpdateMasks: [null, null])));
        using var freeze = new FreezeController(model, optimizer, new WeightChange(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 4, ThawAfterSteps = 2 });
        Parameter bias = model.Children[0].Parameters().Last();
        UpdateMask mask = UpdateMask.Scalars([.. Enumerable.Range(0, Width).Select(i => i % 2 == 0)]);
        for (int step = 0; step < 5; step++)
        {
            if (step == 1 && !isWithinTheStep) bias.UpdateMask = mask;
            Networks.Backward(model, device, Rows, In, Classes, step);
            freeze.BeforeStep();
            optimizer.Step();
            if (step == 1 && isWithinTheStep) bias.UpdateMask = mask;
            freeze.AfterStep();
        }
        Assert.Contains(freeze.Decisions, entry => entry is { Trigger: "timer", Step: 2 });
        Assert.Same(mask, bias.UpdateMask);
        Assert.Equal(["fc1.bias (update mask)"], freeze.Units[0].Pinned);
    }

    [Fact]
    public void WhatTheUserFrozeKeepsItsOptimizerStateWhenARuleDropsThatOfItsUnit()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Classes);
        using var optimizer = new Sgd(model, new Constant(0.1f), momentum: 0.9f);
        Networks.Backward(model, device, Rows, In, Classes);
        optimizer.Step();
        optimizer.ClearGradients();
        Parameter weight = model.Children[0].Parameters().First(), bias = model.Children[0].Parameters().Last();
        bias.IsFrozen = true;
        double[] before = Networks.Values(optimizer.StateOf(bias)[0]);
        var rule = new Scripted((context, decision) => decision.Set(0, new UnitDecision(true, "rest", StateAction: OnFreeze.Drop)));
        using var freeze = new FreezeController(model, optimizer, new WeightChange(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 1 });
        Networks.Backward(model, device, Rows, In, Classes, 1);
        freeze.Step();
        Assert.True(weight.IsFrozen);
        Assert.Empty(optimizer.StateOf(weight));
        Assert.Equal(before, Networks.Values(Assert.Single(optimizer.StateOf(bias))));
    }

    [Fact]
    public void ATrialStepAProbeAndAMeasurementLeaveWhatTheUserFrozeAlone()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Width, Classes);
        foreach (Parameter parameter in model.Children[0].Parameters()) parameter.IsFrozen = true;
        using var optimizer = new Sgd(model, new Constant(0.1f), momentum: 0.9f);
        using ProbeBatch probe = Probe(model, device);
        using var freeze = new FreezeController(
            model, optimizer, new TaylorScore(), new Never(), options: FreezeOptions.WithoutTriggers with { CheckEvery = 2, ProbeEvery = 1 }, probe: probe);
        double[][] before = [.. model.Children[0].Parameters().Select(Networks.Bits)];
        freeze.Start();
        freeze.Measure(() =>
        {
            (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes);
            return Loss.CrossEntropy(model.Forward(inputs), labels);
        });
        for (int step = 0; step < 6; step++)
        {
            Networks.Backward(model, device, Rows, In, Classes, step);
            freeze.Step();
        }
        Assert.Equal(before, model.Children[0].Parameters().Select(Networks.Bits));
        // Of the first unit there are forward passes only: one a probe and two a trial step, at three checks.
        const long Forward = 2L * Rows * In * Width;
        Assert.Equal((0, 3 * Forward, 3 * 2 * Forward), (Flops(CostKind.WeightGradient), Flops(CostKind.Probe), Flops(CostKind.Statistics)));

        long Flops(CostKind kind) => freeze.Ledger.Done(0, kind).Flops;
    }

    [Fact]
    public void WhatTheUserFrozeCountsTowardsTheCapAlsoWhereARuleWouldThawIt()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Width, Width, Classes);
        foreach (Parameter parameter in model.Children[0].Parameters()) parameter.IsFrozen = true;
        using var optimizer = new Sgd(model, new Constant(0.1f));
        var rule = new Scripted((context, decision) =>
        {
            decision.Thaw(0, "no longer");
            decision.Freeze(1, "now");
            decision.Freeze(2, "now");
        });
        using var freeze = new FreezeController(model, optimizer, new WeightChange(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 1, MostFrozen = 0.5 });
        Networks.Backward(model, device, Rows, In, Classes);
        freeze.Step();
        Assert.Equal([true, true, false, false], freeze.Units.Select(unit => unit.IsFrozen));
        Assert.Equal((2, "at most 2 of 4 units may be frozen"), freeze.Decisions.Where(entry => entry.Action == FreezeAction.Refuse).Select(entry => (entry.Unit, entry.Reason)).Single());
    }

    [Fact]
    public void ARuleIsShownNoProbeOfWhatIsPinned()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Width, Classes);
        foreach (Parameter parameter in model.Children[0].Parameters()) parameter.IsFrozen = true;
        using var optimizer = new Sgd(model, new Constant(0.1f));
        using ProbeBatch probe = Probe(model, device);
        var rule = new Scripted();
        using var freeze = new FreezeController(model, optimizer, new Watching(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 1, ProbeEvery = 1 }, probe: probe);
        freeze.Units[1].Pin();
        Networks.Backward(model, device, Rows, In, Classes);
        freeze.Step();
        Assert.Equal([false, false, true], rule.Checks[^1].Units.Select(unit => unit.Probe is not null));
    }

    private static ProbeBatch Probe(Sequential model, Device device)
    {
        using var scope = new Scope();
        (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes, 99);
        inputs.Detach();
        return new ProbeBatch(model, inputs, labels);
    }
}
