using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>What the controller tells a rule that spends loss: rates ahead, the loss that a budget is a part of, and what rate is left of a unit.</summary>
public class PriceContextTests
{
    private static readonly FreezeOptions Options = FreezeOptions.WithoutTriggers with { CheckEvery = 1, RunSteps = 10 };

    /// <summary>Under a plateau schedule the last step's rate looked like today's, and every freeze was free.</summary>
    [Fact]
    public void RatesThatMeasurementsChangeAreNotKnownAhead()
    {
        foreach (Schedule schedule in (Schedule[])[new Plateau(0.5f), new WarmUp(1, new Plateau(0.5f))])
        {
            CheckContext context = Run(schedule, Options)[^1];
            Assert.Equal((2, 0.5), (context.Step, context.RateAt(context.Step)));
            Assert.Equal(0.5, context.RateAt(0));
            Assert.Equal(double.NaN, context.RateAt(3));
        }
        Assert.Equal(0.5, Run(new WarmUp(1, new Constant(0.5f)), Options)[^1].RateAt(9));
    }

    [Theory]
    [InlineData(true, -4.0, 4.0)]
    [InlineData(true, double.PositiveInfinity, double.NaN)]    // a budget without a limit
    [InlineData(true, double.NaN, double.NaN)]
    [InlineData(false, 4.0, 1.0)]
    public void ABudgetIsAPartOfAFiniteLossOnly(bool relative, double loss, double expected) =>
        Assert.Equal(expected, Run(new Constant(0.5f), Options with { RelativeLoss = relative }, freeze => freeze.Observe(FreezeOptions.LossName, loss, Better.Lower))[^1].LossScale);

    /// <summary>A layer's own rate, as layer-decay gives it, is left by its own scale.</summary>
    [Fact]
    public void WhatIsLeftOfTheRateIsTheUnits()
    {
        CheckContext context = Run(new Constant(0.5f), Options, groups: new ParameterGroup("front", parameter => parameter.Path.StartsWith("unit0.", StringComparison.Ordinal)) { RateScale = 0.25f })[^1];
        Assert.Equal((0.125, 8 * 0.125), (context.Units[0].History[^1].IntegratedRate, context.Units[0].History[^1].RemainingRate));
        Assert.Equal((0.5, 8 * 0.5), (context.Units[1].History[^1].IntegratedRate, context.Units[1].History[^1].RemainingRate));
    }

    private static List<CheckContext> Run(Schedule schedule, FreezeOptions options, Action<FreezeController>? then = null, params ReadOnlySpan<ParameterGroup> groups)
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [3, 4, 0], [1, 1]);
        using var optimizer = new Sgd(model, schedule, 0, 0, false, groups);
        var rule = new Listening();
        using var freeze = new FreezeController(model, optimizer, new Watching(new Displacement()), rule, options: options);
        for (int step = 0; step < 2; step++)
        {
            if (step == 1) then?.Invoke(freeze);
            model.Backward([2, -1, 0], [1, 0]);
            freeze.Step();
        }
        return rule.Shown;
    }

    /// <summary>Keeps what it was shown.</summary>
    private sealed class Listening : IFreezeRule<NoState>
    {
        public List<CheckContext> Shown { get; } = [];

        public string Name => "listening";

        public FreezeDecision Decide(CheckContext context, ref NoState state)
        {
            Shown.Add(context);
            return new FreezeDecision(context);
        }
    }
}
