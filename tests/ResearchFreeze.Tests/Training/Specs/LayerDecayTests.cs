using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

public sealed class LayerDecayTests : IDisposable
{
    private readonly ReferenceDevice device = new();
    private readonly Sequential model;

    public LayerDecayTests() => model = Networks.Mlp(device, 3, 5, 4, 2);

    public void Dispose()
    {
        model.Dispose();
        device.Dispose();
    }

    /// <summary>The head keeps the schedule's rate, the block before it has half of it, the first a quarter: weights and biases alike.</summary>
    [Theory]
    [InlineData("sgd:layer-decay=0.5")]
    [InlineData("adam:layer-decay=0.5")]
    [InlineData("adamw:layer-decay=0.5")]
    [InlineData("rmsprop:layer-decay=0.5")]
    [InlineData("lion:layer-decay=0.5")]
    public void ABlocksRateFallsWithItsDistanceFromTheHead(string text)
    {
        using Optimizer optimizer = Make(text);
        Assert.Equal([0.25f, 0.25f, 0.5f, 0.5f, 1f, 1f], Rates(optimizer));
        // What a rule multiplies rates with comes on top.
        optimizer.SetRateScale(model.Parameters().First(), 0.5f);
        Assert.Equal([0.125f, 0.25f, 0.5f, 0.5f, 1f, 1f], Rates(optimizer));
    }

    /// <summary>A step of gradient descent moves each weight by its own rate times its gradient.</summary>
    [Fact]
    public void AStepMovesABlockByItsOwnRate()
    {
        using Optimizer optimizer = Make("sgd:momentum=0,decay=0,layer-decay=0.25");
        Networks.Backward(model, device, 6, 3, 2);
        double[][] before = [.. model.Parameters().Select(Networks.Bits)], gradients = [.. model.Parameters().Select(parameter => Networks.Values(parameter.Grad!))];
        optimizer.Step();
        double[] rates = [0.0625, 0.0625, 0.25, 0.25, 1, 1];
        foreach ((int i, Parameter parameter) in model.Parameters().Index())
        {
            Assert.Contains(gradients[i], gradient => gradient != 0);
            Assert.Equal([.. before[i].Zip(gradients[i], (weight, gradient) => weight - (rates[i] * gradient))], Networks.Bits(parameter));
        }
        optimizer.ClearGradients();
    }

    [Fact]
    public void WithoutItAllBlocksHaveTheSchedulesRate()
    {
        using Optimizer optimizer = Make("adamw"), one = Make("adamw:layer-decay=1");
        Assert.All(Rates(optimizer), rate => Assert.Equal(1, rate));
        Assert.All(Rates(one), rate => Assert.Equal(1, rate));
    }

    /// <summary>Where no unit is a head the last one stands in its place; of a head of two units both keep the rate.</summary>
    [Fact]
    public void WhatTheHeadIsDecidesWhereCountingBegins()
    {
        Assert.Equal(["layer decay, fc2: 0.5", "layer decay, fc1: 0.25"], Groups(UnitDivision.Blocks.WithHead()));
        Assert.Equal(["layer decay, fc1: 0.5"], Groups(UnitDivision.Blocks.WithHead("fc2", "fc3")));
        Assert.Equal(["layer decay, fc3: 0.5", "layer decay, fc2: 0.25"], Groups(UnitDivision.Blocks.WithHead("fc1")));

        string[] Groups(UnitDivision division) => [.. LayerDecay.Groups(FreezeUnit.Of(model, division), 0.5f).Select(group => FormattableString.Invariant($"{group.Name}: {group.RateScale}"))];
    }

    [Fact]
    public void AnotherDecaysStateIsRefused()
    {
        using Optimizer from = Make("sgd:layer-decay=0.5"), to = Make("sgd:layer-decay=0.25");
        StateTree state = StateDamage.Saved(from);
        Assert.Equal("State: 'fc1.weight/settings' is 'rate=0.25,decay=0.0001', expected 'rate=0.0625,decay=0.0001'.", Assert.Throws<FormatException>(() => to.LoadState(state)).Message);
    }

    [Fact]
    public void AFactorWithoutEffectOrSenseIsAnError()
    {
        using Sequential single = Networks.Mlp(device, 3, 2);
        Assert.Equal("Layer decay: expected units before the head, found none: fc1.", Error(() => LayerDecay.Groups(single, 0.5f)));
        Assert.Equal("Layer decay: expected a factor in (0, 1), found 1.", Error(() => LayerDecay.Groups(model, 1)));
        Assert.Equal("Layer decay: expected a factor in (0, 1), found NaN.", Error(() => LayerDecay.Groups(model, float.NaN)));
        Assert.Equal("Layer decay: 1E-30 to the power of 2, for unit 'fc1', is 0 in single precision; expected a larger factor.", Error(() => LayerDecay.Groups(model, 1e-30f)));

        static string Error(Action act) => Assert.Throws<ArgumentException>(act).Message;
    }

    private Optimizer Make(string text) => new RunCatalogues().Optimizers.Create(text)(model, new Constant(1));

    private float[] Rates(Optimizer optimizer) => [.. model.Parameters().Select(optimizer.RateOf)];
}
