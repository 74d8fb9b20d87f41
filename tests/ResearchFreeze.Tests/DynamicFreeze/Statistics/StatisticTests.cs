using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class StatisticTests
{
    private const int Real = sizeof(double);

    [Fact]
    public void GradientNormSumsSquaresOverStepsAndParametersBeforeClippingAndStartsAgainAfterARead()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [3, 4, 0], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.5f)) { ClipNorm = 0.25f };
        var rule = new Scripted();
        using var freeze = new FreezeController(model, optimizer, new Watching(new GradientNorm()), rule, options: Every(2));
        double[][] gradients = [[1, 2, 2], [2, 0, 0], [0, 0, 1], [0, 3, 4]];
        foreach (double[] gradient in gradients)
        {
            model.Backward(gradient, [1, 0]);
            freeze.Step();
            Assert.True(optimizer.LastFactor() < 1);
        }
        UnitHistory history = rule.History(0);
        Assert.Equal([9.0 + 4, 1.0 + 25], history.All.Select(observation => observation.Of("gradient-norm")[0]));
        Assert.Equal([2, 4], history.All.Select(observation => observation.Step));
        Assert.All(history.All, observation => Assert.Equal(2, observation.Steps));
        Assert.Equal(Math.Sqrt(13.0 / 2), GradientNorm.Norm(history[0]), 1e-14);
        Assert.Equal([2.0, 2.0], rule.History(1).All.Select(observation => observation.Of("gradient-norm")[0]));
    }

    [Fact]
    public void WeightDistanceIsFromTheWeightsAtTheLastCheckToThoseNow()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [3, 4, 0], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.5f));
        var rule = new Scripted();
        using var freeze = new FreezeController(model, optimizer, new Watching(new WeightDistance()), rule, options: Every(2));
        // (3 4 | 0) → (2 4 | 0) → (2 3 | 0); then → (2 3 | −2) → (2 3 | −2)
        double[][] gradients = [[2, 0, 0], [0, 2, 0], [0, 0, 4], [0, 0, 0]];
        foreach (double[] gradient in gradients)
        {
            model.Backward(gradient, [1, 0]);
            freeze.Step();
        }
        UnitHistory history = rule.History(0);
        Assert.Equal([2.0, 25.0], history[0].Of("weight-distance").ToArray());
        Assert.Equal([4.0, 13.0], history[1].Of("weight-distance").ToArray());
        Assert.Equal(Math.Sqrt(2) / 5, WeightDistance.PerRate(history[0]), 1e-14);   // ∫rate = 2 · 0.5
        Assert.Equal(2 / Math.Sqrt(13), WeightDistance.PerRate(history[1]), 1e-14);
    }

    [Fact]
    public void TheRateIsIntegratedOverScheduleGroupAndUnitScale()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1], [1, 1]);
        using var optimizer = new Sgd(
            model, new StepDecay(0.5f, 1, 0.5f), groups: new ParameterGroup("second", named => named.Path.StartsWith("unit1", StringComparison.Ordinal)) { RateScale = 4 });
        var rule = new Scripted();
        using var freeze = new FreezeController(model, optimizer, new Watching(new WeightDistance()), rule, options: Every(2));
        for (int step = 0; step < 4; step++)
        {
            if (step == 2)
            {
                foreach (Parameter parameter in freeze.Units[0].Parameters) optimizer.SetRateScale(parameter, 2);
            }
            model.Backward([1, 0], [1, 0]);
            freeze.Step();
        }
        Assert.Equal([0.5 + 0.25, 2 * (0.125 + 0.0625)], rule.History(0).All.Select(observation => observation.IntegratedRate));
        Assert.Equal([4 * (0.5 + 0.25), 4 * (0.125 + 0.0625)], rule.History(1).All.Select(observation => observation.IntegratedRate));
        // Every update is rate · 1 in one direction, so per unit of rate and norm the weights move by exactly 1: the schedule is divided out.
        Observation last = rule.History(1)[^1];
        Assert.Equal(1, WeightDistance.PerRate(last) * Math.Sqrt(last.Of("weight-distance")[1]), 1e-14);
    }

    [Fact]
    public void AFrozenUnitObservesNothingAndHoldsNoStatisticMemory()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [3, 4, 0], [1, 1, 1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.5f));
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 2) decision.Freeze(0, "now");
            if (context.Step == 8) decision.Thaw(0, "now");
        });
        using var freeze = new FreezeController(model, optimizer, new Watching(new GradientNorm(), new WeightDistance()), rule, options: Every(2));
        int optimizerElements = 6 + 3;                      // one sum a parameter, and the guard
        const int norms = 2 * 6;                            // two results a parameter, shared by all units, of the check at which all were observed
        static int OfUnit(int elements) => 1 + elements;    // squares, snapshot
        for (int step = 1; step <= 12; step++)
        {
            model.Backward([1, 2, 2], [1, 1, 1, 1], [1, 0]);
            freeze.Step();
            bool isFrozen = step is >= 2 and < 8;
            Assert.Equal(isFrozen, freeze.Units[0].IsFrozen);
            if (step >= 10 || step is >= 2 and <= 8)
            {
                bool holds = step >= 10;
                Assert.Equal(Real * (optimizerElements + norms + OfUnit(4) + OfUnit(2) + (holds ? OfUnit(3) : 0)), device.Counters.Live(MemoryKind.Statistic));
            }
        }
        Assert.Equal([2, 10, 12], rule.History(0).All.Select(observation => observation.Step));
        Assert.Equal([2, 4, 6, 8, 10, 12], rule.History(1).All.Select(observation => observation.Step));
        Assert.Equal([0, 2, 4, 6, 0, 0], rule.Checks.Skip(1).Select(check => check.Units[0].Age));
        Assert.Equal(2, rule.History(0).Count);             // of the stretch since the thaw
        Assert.Equal(18, rule.History(0)[0].Of("gradient-norm")[0]);
        // What moved while it rested is nothing, and what it moves after the thaw counts from there.
        Assert.Equal(2 * 2.25 * 2, rule.History(0)[0].Of("weight-distance")[0], 1e-12);
    }

    [Fact]
    public void AUnitThatWasThawedShortlyBeforeACheckWaitsForTheNextOne()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.5f));
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 0) decision.Freeze(0, "from the start");
        });
        using var freeze = new FreezeController(model, optimizer, new Watching(new GradientNorm()), rule, options: Every(4) with { RegressionMargin = 0.1 });
        for (int step = 1; step <= 8; step++)
        {
            model.Backward([1, 0], [1, 0]);
            freeze.Step();
            if (step is 1 or 3) freeze.Observe("accuracy", step == 1 ? 0.9 : 0.1, Better.Higher);
        }
        Observation only = Assert.Single(rule.History(0).All);
        Assert.Equal((8, 5), (only.Step, only.Steps));
    }

    [Fact]
    public void StatisticsAreCountedUnderTheirKindAndTheirUnit()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [3, 4, 0], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.5f));
        using var freeze = new FreezeController(model, optimizer, new Watching(new GradientNorm(), new WeightDistance()), new Scripted(), options: Every(2));
        for (int step = 0; step < 4; step++)
        {
            model.Backward([1, 2, 2], [1, 0]);
            freeze.Step();
        }
        foreach ((int unit, int weights) in new[] { (0, 2), (1, 1) })
        {
            int elements = weights + 1;
            int fills = 1 + elements, snapshot = 2 * elements;                       // written once
            int sums = 4 * 2 * 3;                                                        // 4 steps, 2 parameters, y ← x + y
            int read = 2 + 1 + (2 * elements) + elements + (2 * elements) + 4 + 6;       // copy, fill; distance, norm, copy; sums: overwritten, then added to
            Cost done = freeze.Ledger.Done(unit, CostKind.Statistics);
            Assert.Equal(Real * (fills + snapshot + sums + (2 * read)), done.Bytes);
            Assert.Equal(0, done.Flops);
        }
        Cost all = freeze.Ledger.Done(CostKind.Statistics), units = freeze.Ledger.Done(0, CostKind.Statistics) + freeze.Ledger.Done(1, CostKind.Statistics);
        Assert.Equal(2 * 2, (all - units).Launches);          // one download a check for all units, with whether the optimizer has halted
        Assert.Equal(2 * (((2 * 3) + 2) + 4) * Real, (all - units).Bytes);
        Assert.Equal(default, freeze.Ledger.Full(CostKind.Statistics));
    }

    [Fact]
    public void AStatisticWithAKeyThatIsThereAlreadyIsMeasuredOnce()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [3, 4, 0], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.5f));
        var rule = new Scripted();
        using var freeze = new FreezeController(model, optimizer, new Watching(new GradientNorm(), new GradientNorm()), rule, options: Every(1));
        model.Backward([1, 2, 2], [1, 0]);
        freeze.Step();
        (string key, double[] values) = Assert.Single(rule.History(0)[0].All);
        Assert.Equal(("gradient-norm", 9), (key, values[0]));
        var error = Assert.Throws<KeyNotFoundException>(() => rule.History(0)[0].Of("weight-distance").Length);
        Assert.Contains("gradient-norm", error.Message, StringComparison.Ordinal);
    }

    private static FreezeOptions Every(int steps) => FreezeOptions.WithoutTriggers with { CheckEvery = steps };
}
