using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>DropBP: rates by hand, sensitivities against gradients that are taken apart by hand, and whole runs.</summary>
public sealed class DropBpTests
{
    /// <summary>Sensitivities, costs, rate → rates in tenths.</summary>
    public static TheoryData<double[], double[], double, int[]> Tables => new()
    {
        // Equal: one after the other.
        { [1, 1], [10, 10], 0.5, [5, 5] },
        { [1, 1, 1], [10, 10, 10], 0.1, [1, 1, 1] },
        // Twice as sensitive: 1, 2 | 2·1 < 2·2 …: the first is raised at k = 1, 2 (tie with 2·1), …
        { [1, 2], [10, 10], 0.3, [4, 2] },
        // Nothing matters in the first: it is raised to 0.9, then the others.
        { [0, 1, 1], [10, 10, 10], 0.4, [9, 1, 2] },
        // The cheap one does not help much.
        { [1, 1], [1, 9], 0.5, [5, 5] },
        { [1, 100], [1, 9], 0.5, [9, 5] },
        // All at 0.9 is the most.
        { [3, 2], [5, 5], 0.9, [9, 9] },
        { [1, 2, 3], [0, 0, 10], 0.1, [2, 1, 1] },
    };

    [Theory]
    [MemberData(nameof(Tables))]
    public void RatesAreRaisedWhereTheNextOneMattersLeast(double[] sensitivities, double[] costs, double rate, int[] tenths)
    {
        double[] rates = DropBpRates.Of(sensitivities, costs, rate);
        Assert.Equal(tenths.Select(tenth => tenth / 10.0), rates);
        double left = rates.Zip(costs, (p, cost) => (1 - p) * cost).Sum();
        Assert.True(left <= ((1 - rate) * costs.Sum()) + 1e-9 || rates.All(p => p == 0.9));
    }

    [Fact]
    public void SensitivitiesAreThoseOfGradientsTakenApart()
    {
        // y = w₂·(x₁ + v·x₁) with x₁ = x₀ + u·x₀, one number each: a residual network of scalars, loss y.
        using var device = new ReferenceDevice();
        using var model = new Sequential(("one", new Residual(new Linear(1, 1, bias: false))), ("two", new Residual(new Linear(1, 1, bias: false))), ("head", new Linear(1, 1, bias: false)));
        model.Initialize(device, 1);
        double u = 0.5, v = -0.25, w = 3, x = 2;
        Parameter[] all = [.. model.Parameters()];
        all[0].Set((float)u);
        all[1].Set((float)v);
        all[2].Set((float)w);
        using var batch = new ProbeBatch(model, Tensor.From(device, [(float)x], [1, 1]), output => output.Sum());
        double[][] found = CutGradients.Of(model, FreezeUnit.Of(model), batch);
        // g = (w(1 + v)x, w(1 + u)x, (1 + u)(1 + v)x); with the second cut the first becomes w·x.
        double g = w * (1 + v) * x, cut = w * x;
        Assert.Equal([0, 0, double.NaN, double.NaN], found[0]);
        Assert.Equal([Math.Pow(g - cut, 2), Math.Pow(g - cut, 2), 1, Math.Round(cut / g, 12)], found[1].Select(value => Math.Round(value, 12)));
        Assert.All(found[2], value => Assert.True(double.IsNaN(value)));
        Assert.All(all, parameter => Assert.Null(parameter.Grad));
    }

    [Theory]
    [InlineData("resnet:8,4", "as=paper")]
    [InlineData("resnet:8,4", "as=code,at=0")]
    [InlineData("vit:width=16,layers=3,heads=2,dropout=0.2,patch=4,units=halves", "rate=0.3")]
    public void ARunMeasuresOnceAndCutsToItsEnd(string model, string settings)
    {
        RunSettings run = SmallRun.Settings with { Model = model, Policy = $"dropbp:{settings}", Epochs = 5, BatchSize = 24, Optimizer = "adamw" };
        (RunResult plain, _) = SmallRun.Run(run with { Policy = "never" }, CachedRunTests.Images());
        (RunResult cut, float[][] weights) = SmallRun.Run(run, CachedRunTests.Images());
        Assert.NotEmpty(cut.Decisions);
        Assert.All(cut.Decisions, entry => Assert.Equal((FreezeAction.Adjust, settings.Contains("at=0", StringComparison.Ordinal) ? 1 : 2), (entry.Action, entry.Step)));
        Assert.All(cut.Decisions, entry => Assert.InRange(entry.CutRate!.Value, 0.1, 0.9));
        // All weights train; the input gradients are fewer, by no more than the cuts.
        Assert.Equal(plain.Ledger.Done(CostKind.WeightGradient).Flops, cut.Ledger.Done(CostKind.WeightGradient).Flops);
        // Bytes: behind a norm that trains its own weights want all products of the branch.
        Assert.True(cut.Ledger.Done(CostKind.InputGradient).Bytes < plain.Ledger.Done(CostKind.InputGradient).Bytes);
        Assert.Equal(plain.Ledger.Full().Flops, cut.Ledger.Full().Flops);
        Assert.True(cut.Ledger.Done(CostKind.Statistics).Flops > 0);
        Assert.All(weights.SelectMany(values => values), value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void WhatCannotBeCutIsAnErrorBeforeTheFirstStep()
    {
        using RunParts parts = SmallRun.Parts(SmallRun.Settings with { Policy = "dropbp" });
        Assert.Contains("dropbp: no unit has a branch that a residual sum leads around", Assert.Throws<ArgumentException>(() => Trainer.CheckPolicy(parts)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new DropBp(rate: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DropBp(at: 1));
        Assert.Throws<ArgumentException>(() => DropBpRates.Of([1], [1, 2], 0.5));
        Assert.Throws<ArgumentException>(() => DropBpRates.Of([double.NaN], [1], 0.5));
    }
}
