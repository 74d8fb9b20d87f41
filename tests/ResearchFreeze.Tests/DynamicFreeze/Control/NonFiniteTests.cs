using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Case 13: whoever runs the loop is told of a gradient that is not finite.</summary>
public class NonFiniteTests
{
    private const int Rows = 6, In = 12, Width = 16, Classes = 3;

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e300)]      // its square is not finite
    public void Case13_TheLoopIsToldWhichStepAndUnitAtTheNextStepAtTheLatest(double bad)
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 2, 3], [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        using var freeze = new FreezeController(model, optimizer, new WeightChange(), new Never(), options: FreezeOptions.WithoutTriggers with { CheckEvery = 100 });
        for (int step = 0; step < 5; step++)
        {
            model.Backward([1, 1, 1], [step == 4 ? bad : 1, 1], [1, 1]);
            freeze.Step();
        }
        double[][] before = [.. model.Parameters().Select(Networks.Bits)];
        model.Backward([1, 1, 1], [1, 1], [1, 1]);
        var error = Assert.Throws<NonFiniteException>(freeze.Step);
        Assert.Equal((5, "unit1.weight"), (error.Step, error.Parameter));
        Assert.Equal(before, model.Parameters().Select(Networks.Bits));
        // And again, as often as the loop goes on.
        model.Backward([1, 1, 1], [1, 1], [1, 1]);
        Assert.Throws<NonFiniteException>(freeze.Step);
        optimizer.Reset();
        model.Backward([1, 1, 1], [1, 1], [1, 1]);
        freeze.Step();
        Assert.NotEqual(before, model.Parameters().Select(Networks.Bits));
    }

    [Fact]
    public void Case13_ACheckNamesTheUnitAndAReplayChecksToo()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 2, 3], [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        using var freeze = new FreezeController(model, optimizer, new WeightChange(), new Never(), options: FreezeOptions.WithoutTriggers with { CheckEvery = 3 });
        NonFiniteException? error = null;
        for (int step = 0; step < 3 && error is null; step++)
        {
            model.Backward([1, 1, 1], [1, 1], [1, step == 2 ? double.NaN : 1]);
            error = Record.Exception(freeze.Step) as NonFiniteException;
        }
        Assert.Equal((3, "unit2.bias", "unit2"), (error!.Step, error.Parameter, error.Unit));
        Assert.StartsWith("Step 3: the gradient of 'unit2.bias' (unit 'unit2') is not finite; no step was applied since.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OneBadSampleOfThreeHundredStepsIsSkippedAndTheRestTrains()
    {
        using var device = new CpuDevice(1);
        using Sequential model = Networks.Mlp(device, In, Width, Width, Classes), clean = Networks.Mlp(device, In, Width, Width, Classes);
        using var optimizer = new Sgd(model, new Constant(0.05f), momentum: 0.9f) { OnNonFinite = OnNonFinite.Skip };
        using var other = new Sgd(clean, new Constant(0.05f), momentum: 0.9f);
        using var freeze = new FreezeController(model, optimizer, new Drift(), new Never(), options: FreezeOptions.WithoutTriggers with { CheckEvery = 5 });
        for (int step = 0; step < 300; step++)
        {
            using (new Scope())
            {
                (Tensor inputs, IntTensor labels) = Networks.Batch(device, Rows, In, Classes, step);
                if (step == 50) device.Fill(inputs.Range.Slice(3, 1), double.NaN);
                Loss.CrossEntropy(model.Forward(inputs), labels).Backward();
            }
            freeze.Step();
            if (step == 50) continue;
            Networks.Backward(clean, device, Rows, In, Classes, step);
            other.Step();
            other.ClearGradients();
        }
        Assert.Equal(1, optimizer.SkippedSteps());
        Assert.Equal(clean.Parameters().Select(Networks.Bits), model.Parameters().Select(Networks.Bits));
        Assert.Empty(freeze.Decisions);
    }
}
