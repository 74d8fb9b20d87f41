using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

public partial class ControllerTests
{
    [Fact]
    public void R5_AFrozenUnitIsNotTouchedByAnything()
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            using Sequential model = Networks.Mlp(device, In, Width, Width, Classes);
            using var optimizer = new Sgd(model, new Constant(0.1f), momentum: 0.9f, weightDecay: 0.1f) { ClipNorm = 0.1f };
            var rule = new Scripted((context, decision) =>
            {
                if (context.Step == 5) decision.Freeze(1, "the one in the middle");
            });
            using var freeze = new FreezeController(
                model, optimizer, new Watching(new GradientNorm(), new WeightDistance()), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 5 });
            Train(model, device, freeze, 0, 5);
            Assert.True(freeze.Units[1].IsFrozen);
            double[][] resting = [.. model[1].Parameters().Select(Networks.Bits)];
            double[] moving = Networks.Bits(model[0].Parameters().First());
            Cost[] before = [.. Kinds().Select(kind => freeze.Ledger.Done(1, kind))];
            long gradients = 0;
            for (int step = 5; step < 105; step++)
            {
                Networks.Backward(model, device, Rows, In, Classes, step);
                gradients += model[1].Parameters().Count(parameter => parameter.Grad is not null);
                freeze.Step();
            }
            Assert.Equal(0, gradients);
            Assert.Equal(resting, model[1].Parameters().Select(Networks.Bits));
            Assert.NotEqual(moving, Networks.Bits(model[0].Parameters().First()));
            Assert.Equal(before, Kinds().Select(kind => freeze.Ledger.Done(1, kind)));
        }

        static CostKind[] Kinds() => [CostKind.WeightGradient, CostKind.Optimizer, CostKind.Statistics];
    }

    [Fact]
    public void R14_TiedParametersAreFrozenAndThawedTogether()
    {
        using var device = new ReferenceDevice();
        using var model = new Tied(headIsTied: false);
        model.Initialize(device, 1);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 1) decision.Freeze(0, "together");
            if (context.Step == 2) decision.Thaw(0, "together");
        });
        using var freeze = new FreezeController(model, optimizer, new Watching(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 1 });
        Assert.Equal(["first+second", "head"], freeze.Units.Select(unit => unit.Path));
        foreach (bool frozen in new[] { true, false })
        {
            model.Backward(device);
            freeze.Step();
            Assert.Equal((frozen, frozen, false), (model.Children[0].IsFrozen, model.Children[1].IsFrozen, model.Children[2].IsFrozen));
        }
    }

    [Fact]
    public void R14_ALastModuleThatSharesAnEarlierWeightIsFrozenWithItAndIsNoHead()
    {
        using var device = new ReferenceDevice();
        using var model = new Tied(headIsTied: true);
        model.Initialize(device, 1);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        using var freeze = new FreezeController(model, optimizer, new Watching(), new Static(1));
        freeze.Start();
        Assert.Equal(["first+head", "second"], freeze.Units.Select(unit => unit.Path));
        Assert.Equal([true, false], freeze.Units.Select(unit => unit.IsFrozen));
        model.Backward(device);
        freeze.Step();
        // Unless it is named.
        using var again = new Tied(headIsTied: true);
        again.Initialize(device, 1);
        using var other = new Sgd(again, new Constant(0.1f));
        using var named = new FreezeController(again, other, new Watching(), new Static(1), options: new FreezeOptions { Units = UnitDivision.Blocks.WithHead("head") });
        named.Start();
        Assert.Equal([false, true], named.Units.Select(unit => unit.IsFrozen));
    }

    [Fact]
    public void R15_EveryParameterBelongsToExactlyOneUnitAlsoThoseOfTheContainer()
    {
        using var device = new ReferenceDevice();
        using var model = new WithOwn();
        model.Initialize(device, 1);
        IReadOnlyList<FreezeUnit> units = FreezeUnit.Of(model);
        Assert.Equal(["(own)", "block", "head"], units.Select(unit => unit.Path));
        Assert.Equal([0, 1, 2], units.Select(unit => unit.Index));
        Assert.Equal(["position", "scale"], units[0].Parameters.Select(parameter => parameter.Path));
        Assert.Equal(model.Parameters().OrderBy(parameter => parameter.Path), units.SelectMany(unit => unit.Parameters).OrderBy(parameter => parameter.Path));
        Assert.Equal(model.Parameters().Sum(parameter => parameter.Shape.Count), units.Sum(unit => unit.Elements));
        Assert.All(model.Parameters(), parameter => Assert.Equal(0, parameter.Unit));       // dividing changes nothing
        _ = new UnitNumbers(device, units);
        foreach (FreezeUnit unit in units) Assert.All(unit.Parameters, parameter => Assert.Equal(unit.Number, parameter.Unit));
        using var tied = new Tied(headIsTied: false);
        IReadOnlyList<FreezeUnit> tiedUnits = FreezeUnit.Of(tied);
        Assert.Equal(tied.Parameters().Count(), tiedUnits.SelectMany(unit => unit.Parameters).Distinct().Count());
        Assert.Equal(tied.Parameters().Count(), tiedUnits.Sum(unit => unit.Parameters.Count));
        Assert.Throws<ArgumentException>(() => FreezeUnit.Of(new Sequential(("relu", new Flatten()))));
    }

    [Fact]
    public void R7_AnOptimizerOfAnotherModelIsRefusedNamingAParameter()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Classes), twin = Networks.Mlp(device, In, Width, Classes);
        using var optimizer = new Sgd(twin, new Constant(0.1f));
        var error = Assert.Throws<ArgumentException>(() => new FreezeController(model, optimizer, new Watching(), new Never()));
        Assert.Contains("'fc1.weight'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AStatisticThatReadsAProbeIsRefusedWithoutOneNamingBoth()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.5f));
        foreach (Reads reads in OnAProbe)
        {
            var error = Assert.Throws<ArgumentException>(() => new FreezeController(model, optimizer, new Watching(new Wanting(reads | Reads.Gradient)), new Never()));
            Assert.Contains($"'wanting' reads {reads}", error.Message, StringComparison.Ordinal);
        }
        new FreezeController(model, optimizer, new Watching(new Wanting(Reads.Gradient | Reads.Weight | Reads.WeightDelta | Reads.OptimizerState)), new Never()).Dispose();
    }

    [Fact]
    public void ARateScaleStaysUntilTheRuleSetsAnotherOneAndCanGoBackToOne()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.5f));
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 1) decision.Set(0, new UnitDecision(false, "slower", LearningRateScale: 0.5f));
            if (context.Step == 3) decision.Set(0, new UnitDecision(false, "as before", LearningRateScale: 1));
        });
        using var freeze = new FreezeController(model, optimizer, new Watching(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 1 });
        var rates = new List<float>();
        for (int step = 0; step < 4; step++)
        {
            rates.Add(optimizer.RateOf(model[0].Weight));
            Run(model, freeze, 1);
        }
        rates.Add(optimizer.RateOf(model[0].Weight));
        Assert.Equal([0.5f, 0.25f, 0.25f, 0.5f, 0.5f], rates);
    }

    [Fact]
    public void R8_TheStateActionOfADecisionGoesBeforeTheOptimizersOwn()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1], [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.5f), momentum: 0.9f);
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step != 2) return;
            decision.Set(0, new UnitDecision(true, "dropped", StateAction: OnFreeze.Drop));
            decision.Freeze(1, "kept");
        });
        using var freeze = new FreezeController(model, optimizer, new Watching(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 2 });
        Run(model, freeze, 2);
        Assert.Equal(0, optimizer.StateBytes(model[0].Weight));
        Assert.Equal(sizeof(double), optimizer.StateBytes(model[1].Weight));
    }

    [Fact]
    public void NothingIsLeftWhenARunIsDisposedOf()
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            using Sequential model = Networks.Mlp(device, In, Width, Width, Classes);
            long live = device.Counters.LiveBytes;
            var rule = new Scripted((context, decision) =>
            {
                if (context.Step % 8 == 0) decision.Freeze(context.Step / 8 % 2, "now");
                else decision.Thaw(1, "now");
            });
            using (var optimizer = new AdamW(model, new Constant(0.01f)) { OnFreeze = OnFreeze.Offload })
            using (var freeze = new FreezeController(
                model, optimizer, new Watching(new GradientNorm(), new WeightDistance()), rule, options: new FreezeOptions { CheckEvery = 2, WarmUpSteps = 0 }))
            {
                freeze.Measure(() => Loss(model, device));
                for (int step = 0; step < 24; step++)
                {
                    Train(model, device, freeze, step, step + 1);
                    Assert.Equal(0, device.Counters.SavedBytes);
                    Assert.Equal(0, device.Counters.Live(MemoryKind.Gradient));
                    Assert.Equal(0, device.Counters.Live(MemoryKind.Activation));
                }
                Assert.Contains(freeze.Decisions, entry => entry.Action == FreezeAction.Thaw);
            }
            Assert.Equal(live, device.Counters.LiveBytes);
        }
    }

    [Fact]
    public void MeasuringChangesNeitherWeightsNorDropout()
    {
        Assert.Equal(Bits(measure: false), Bits(measure: true));

        static double[][] Bits(bool measure)
        {
            using var device = new ReferenceDevice();
            using var model = new Sequential(
                ("fc1", new Linear(In, Width, activation: Activation.Relu)), ("fc2", new Linear(Width, Width)), ("drop", new Dropout(0.5f)), ("fc3", new Linear(Width, Classes)));
            model.Initialize(device, 1);
            using var optimizer = new Sgd(model, new Constant(0.1f), momentum: 0.9f);
            using var freeze = new FreezeController(model, optimizer, new Watching(), new Static(1));
            if (measure) freeze.Measure(() => Loss(model, device));
            Train(model, device, freeze, 0, 5);
            return [.. model.Parameters().Select(Networks.Bits)];
        }
    }

    [Fact]
    public void BadOptionsAreNamed()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new FreezeOptions { CheckEvery = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new FreezeOptions { WarmUpSteps = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new FreezeOptions { RateDrop = 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new FreezeOptions { RateDrop = double.NaN });
        Assert.Throws<ArgumentOutOfRangeException>(() => new FreezeOptions { RegressionMargin = -0.1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new FreezeOptions { RegressionMargin = double.NaN });
    }
}
