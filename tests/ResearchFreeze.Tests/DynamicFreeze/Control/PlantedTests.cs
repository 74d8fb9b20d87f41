using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Runs whose right answer is known: which units have finished is put there by the test.</summary>
public class PlantedTests
{
    private const int Steps = 400, Units = 4;

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "unit0")]
    [InlineData(2, "unit0 unit1")]
    [InlineData(3, "unit0 unit1 unit2")]
    [InlineData(4, "unit0 unit1 unit2")]        // the head has finished too, and stays
    public void AdaptiveFreezesTheUnitsThatHaveFinishedAndNoOthers(int finished, string frozen) =>
        Assert.Equal(frozen, Frozen(unit => unit < finished));

    [Fact]
    public void AUnitThatHasFinishedBehindOneThatHasNotIsNotFrozen() => Assert.Equal("", Frozen(unit => unit != 0));

    [Fact]
    public void GradientsThatVanishAltogetherFreezeNothingTheyNeverMoved()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1, 1], [1, 1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.01f));
        using FreezeController freeze = Adaptive(model, optimizer);
        for (int step = 0; step < Steps; step++)
        {
            model.Backward([0, 0, 0], [1, 1, 1]);
            freeze.Step();
        }
        Assert.Empty(freeze.Decisions);     // R24: 0/0 is no opinion
    }

    [Fact]
    public void ADecayingRateAloneFreezesNothing()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1, 1], [1, 1, 1]);
        using var optimizer = new Sgd(model, new Cosine(0.01f, Steps));
        using FreezeController freeze = Adaptive(model, optimizer);
        for (int step = 0; step < Steps; step++)
        {
            double sign = Sign(step);
            model.Backward([sign, sign, sign], [sign, sign, sign]);
            freeze.Step();
        }
        Assert.Empty(freeze.Decisions);
    }

    [Fact]
    public void ANetworkWhoseFirstLayerHasNothingToLearnIsFrozenThereAndOnlyThere()
    {
        using var device = new ReferenceDevice();
        using var model = new Sequential(("fc1", new Linear(4, 4)), ("fc2", new Linear(4, 4)), ("fc3", new Linear(4, 4)));
        model.Initialize(device, 3);
        using var optimizer = new Sgd(model, new Constant(0.05f));
        using FreezeController freeze = Adaptive(model, optimizer);
        Parameter[] first = [.. model[0].Parameters()];
        for (int step = 0; step < Steps; step++)
        {
            using var scope = new Scope();
            (Tensor inputs, _) = Networks.Batch(device, 16, 4, 3, step % 7);
            // The first layer's own target, with noise, is reached soon; the others chase a map that keeps growing.
            (Tensor noise, _) = Networks.Batch(device, 16, 4, 3, 100 + (step % 7));
            Tensor own = Loss.MeanSquaredError(model.ForwardRange(inputs, 0, 1), inputs + (noise * 0.1)) * 4.0;
            using Tensor features = Tensor.From(device, inputs.ToArray(), [16, 4]);
            Tensor rest = Loss.MeanSquaredError(model.ForwardRange(features, 1, 3), features * (step / 50.0));
            (own + rest).Backward();
            freeze.Step();
        }
        Assert.Equal("fc1", string.Join(' ', freeze.Units.Where(unit => unit.IsFrozen).Select(unit => unit.Path)));
        Assert.All(first, parameter => Assert.True(parameter.IsFrozen));
    }

    /// <summary>A finished unit's gradient falls to a hundredth after 60 steps; another's turns round every ten and never falls.</summary>
    private static string Frozen(Func<int, bool> isFinished)
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [.. Enumerable.Range(0, Units).Select(_ => new float[] { 1, -1, 1 })]);
        using var optimizer = new Sgd(model, new Constant(0.01f), momentum: 0.5f);
        using FreezeController freeze = Adaptive(model, optimizer);
        for (int step = 0; step < Steps; step++)
        {
            double sign = Sign(step);
            model.Backward([.. Enumerable.Range(0, Units).Select(unit =>
            {
                double size = sign * (isFinished(unit) && step >= 60 ? 0.01 : 1);
                return new[] { size, size, size };
            })]);
            freeze.Step();
        }
        Assert.DoesNotContain(freeze.Decisions, entry => entry.Action == FreezeAction.Thaw);
        return string.Join(' ', freeze.Units.Where(unit => unit.IsFrozen).Select(unit => unit.Path));
    }

    private static double Sign(int step) => step / 10 % 2 == 0 ? 1 : -1;

    private static FreezeController Adaptive(ModuleBase model, Optimizer optimizer)
    {
        Policy policy = Policies.Catalogue(Policies.Criteria()).Create("adaptive");
        return new FreezeController(model, optimizer, policy.Criterion, policy.Rule, options: policy.Options(Steps));
    }
}
