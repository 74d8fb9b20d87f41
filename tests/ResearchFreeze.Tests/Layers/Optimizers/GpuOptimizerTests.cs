using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Autograd;

namespace ResearchFreeze.Tests.Layers;

/// <summary>Optimizers on a GPU, where many parameters are updated by one launch.</summary>
[Collection("gpu")]
public sealed class GpuOptimizerTests(GpuFixture fixture)
{
    private const int Rows = 6, Classes = 3;
    private static readonly int[] Widths = [5, 7, 1, 33, 16, 300, 4, Classes];     // 14 parameters, two launches

    /// <summary>With the library's optimizer and with one of a user's own, which knows only how to update one parameter.</summary>
    [Fact]
    public void AnOptimizerThatUpdatesOneParameterAtATimeGivesTheSameBits()
    {
        double[] together = Train(model => new AdamW(model, new Constant(0.01f), weightDecay: 0.1f, groups: Head) { ClipNorm = 0.5f });
        double[] apart = Train(model => new OneByOne(model, Head) { ClipNorm = 0.5f });
        Assert.Equal(together, apart);

        double[] Train(Func<Sequential, Optimizer> make)
        {
            Device device = fixture.OpenCl;
            using Sequential model = Networks.Mlp(device, Widths);
            using Optimizer optimizer = make(model);
            model.Parameters().ElementAt(1).UpdateMask = UpdateMask.Scalars([.. Enumerable.Range(0, Widths[1]).Select(i => i % 2 == 0)]);
            for (int i = 0; i < 6; i++)
            {
                // The middle rests for two steps: from then on its step count, and so its bias correction, is another one.
                if (i == 2) model[3].Freeze();
                if (i == 4) model[3].Unfreeze();
                Networks.Backward(model, device, Rows, Widths[0], Classes, i);
                optimizer.Step();
                optimizer.ClearGradients();
            }
            return [.. model.Parameters().SelectMany(parameter => Networks.Bits(parameter).Concat(optimizer.StateOf(parameter).SelectMany(Networks.Values)))];
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void R5_WhatIsFrozenIsNotTouched(bool isSgd)
    {
        GpuDevice device = fixture.OpenCl;
        using Sequential model = Networks.Mlp(device, Widths);
        using Optimizer optimizer = isSgd
            ? new Sgd(model, new Constant(0.1f), momentum: 0.9f, weightDecay: 0.1f)
            : new AdamW(model, new Constant(0.1f), weightDecay: 0.1f);
        Step(0);
        foreach (int layer in new[] { 0, 3, 4 }) model[layer].Freeze();
        Parameter[] frozen = [.. model.Parameters().Where(parameter => parameter.IsFrozen)], trained = [.. model.Parameters().Where(parameter => !parameter.IsFrozen)];
        double[][] before = State(frozen), other = State(trained);
        for (int i = 1; i < 4; i++) Step(i);
        Assert.Equal(before, State(frozen));
        Assert.All(State(trained).Zip(other), pair => Assert.NotEqual(pair.Second, pair.First));

        void Step(int index)
        {
            Networks.Backward(model, device, Rows, Widths[0], Classes, index);
            optimizer.Step();
            optimizer.ClearGradients();
        }

        double[][] State(Parameter[] parameters) =>
            [.. parameters.SelectMany(parameter => optimizer.StateOf(parameter).Select(Networks.Values).Prepend(Networks.Bits(parameter)))];
    }

    public static TheoryData<string> Optimizers => OptimizerTests.Optimizers;

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void R5_AFrozenWeightThatHasTrainedBeforeNeverMoves(string name) => OptimizerTests.AFrozenWeightNeverMoves(name, fixture.OpenCl);

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void SavingAndLoadingContinuesBitForBit(string name) => OptimizerTests.SavingAndLoading(name, fixture.OpenCl);

    [Fact]
    public void R5_AParameterFrozenBetweenBackwardAndStepIsNotTouchedThoughItHasAGradient() => OptimizerTests.FrozenBetweenBackwardAndStep(fixture.OpenCl);

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void AStepAllocatesNothing(string name)
    {
        GpuDevice device = fixture.OpenCl;
        using Sequential model = Networks.Mlp(device, Widths);
        using Optimizer optimizer = OptimizerTests.Make(name, model);
        Networks.Backward(model, device, Rows, Widths[0], Classes);
        // The runtime's first, unoptimised tier allocates: wait for the second.
        long bytes = 1;
        for (int attempt = 0; attempt < 50 && bytes > 0; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 20; i++) optimizer.Step();
            bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            device.Synchronize();
            Thread.Sleep(10);
        }
        Assert.True(bytes == 0, $"{bytes} bytes in 20 steps.");
    }

    private static ParameterGroup Head => new("head", parameter => parameter.Path.StartsWith("fc7.", StringComparison.Ordinal)) { RateScale = 10, WeightDecay = 0 };

    private sealed class OneByOne(Sequential model, ParameterGroup group) : Optimizer(model, new Constant(0.01f), 0.1f, [group])
    {
        public override string Key => "one-by-one";

        protected override int StateTensors => 2;

        protected override void Update(Device device, TensorRange weight, TensorRange gradient, Tensor[] state, float rate, float weightDecay, int step, TensorRange guard) =>
            device.Adam(new AdamStep(rate, 0.9f, 0.999f, 1e-8f, weightDecay, false, step), weight, gradient, state[0].Range, state[1].Range, guard);
    }
}
