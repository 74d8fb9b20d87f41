using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>A run that ends before its rule can freeze anything says so, once, before its first step.</summary>
public sealed class ShortRunTests
{
    // With checks at steps 10, 20, …: the first observation is no opinion, then patience is counted.
    [Theory]
    [InlineData(2, 0, 30, 30)]          // finished at 20 and 30: the last step, after which nothing is saved
    [InlineData(2, 0, 31, null)]
    [InlineData(1, 0, 20, 20)]
    [InlineData(1, 0, 21, null)]
    [InlineData(2, 25, 40, 40)]         // asked at 30 for the first time
    [InlineData(2, 25, 41, null)]
    [InlineData(2, 0, 0, null)]         // a length that is not known
    public void TheFirstCheckThatCouldFreezeIsNamed(int patience, int warmUp, int steps, int? first)
    {
        List<string> warnings = Start(new PrefixPatience(patience), new FreezeOptions { RunSteps = steps, CheckEvery = 10, WarmUpSteps = warmUp });
        if (first is null) Assert.Empty(warnings);
        else Assert.Equal($"a run of {steps} steps is too short to freeze: prefix-patience can at step {first} at the earliest, with a warm-up of {warmUp} steps and a check every 10 steps", Assert.Single(warnings));
    }

    [Fact]
    public void RulesThatFreezeAtOnceOrNeverOrReadWhatIsNotThereAreLeftAlone()
    {
        var options = new FreezeOptions { RunSteps = 5, CheckEvery = 10 };
        Assert.Empty(Start(new Static(1), options));
        Assert.Empty(Start(new Never(), options));
        Assert.Empty(Start(new OfTheLast(), options));
    }

    /// <summary>All but two of one unit: a plan that trains everything looks like full training, and is none that was asked for.</summary>
    [Fact]
    public void APlanThatFreezesNothingIsSaid()
    {
        var options = new FreezeOptions { RunSteps = 500, CheckEvery = 10 };
        Assert.Equal("rotation (units=2,every=20,order=Random,state=) freezes nothing of this model, in which it may freeze 1 unit", Assert.Single(Start(new Rotation(2), options)));
        Assert.StartsWith("random (frozen=0.9,every=0) freezes nothing of this model", Assert.Single(Start(new RandomSet(0.9), options)), StringComparison.Ordinal);
        Assert.StartsWith("linear-depth (start=0.5,level=0) freezes nothing of this model", Assert.Single(Start(new LinearDepth(0.5, 0), options)), StringComparison.Ordinal);
        // Rates alone, as asked for.
        Assert.Empty(Start(new RelativeRates(), options));
        Assert.Empty(Start(new SwitchedRates(), options));
    }

    /// <summary>The first observation is no opinion, so that rates change at the second check: one that is behind the last step has changed nothing, and nobody would know.</summary>
    [Theory]
    [InlineData(20, 20)]
    [InlineData(21, null)]
    [InlineData(5, 20)]
    [InlineData(0, null)]
    public void RatesThatChangeBehindTheEndAreSaid(int steps, int? first)
    {
        var options = new FreezeOptions { RunSteps = steps, CheckEvery = 10, WarmUpSteps = 0 };
        foreach (IFreezeRule rule in (IFreezeRule[])[new SwitchedRates(), new RelativeRates()])
        {
            List<string> warnings = Start(rule, options);
            if (first is null) Assert.Empty(warnings);
            else Assert.Equal($"a run of {steps} steps is too short for {rule.Name}: it can change a rate at step {first} at the earliest", Assert.Single(warnings));
        }
    }

    [Fact]
    public void ALimitOfNoUnitAndACheckBehindTheEndAreSaid()
    {
        Assert.Equal("nothing will be frozen: at most 0.4 of 2 units may be, which is none", Assert.Single(Start(new PrefixPatience(1), new FreezeOptions { RunSteps = 500, CheckEvery = 10, MostFrozen = 0.4 })));
        // A rule that plans by costs shows nothing of what it will do: but without a check it does nothing.
        Assert.Equal("a run of 100 steps is too short to freeze: the first check of budget is at step 100", Assert.Single(Start(new Budget(0.9), new FreezeOptions { RunSteps = 100, CheckEvery = 100 })));
        Assert.Empty(Start(new Budget(0.9), new FreezeOptions { RunSteps = 101, CheckEvery = 100 }));
        Assert.Empty(Start(new Never(), new FreezeOptions { RunSteps = 5, CheckEvery = 10, MostFrozen = 0 }));
    }

    /// <summary>It said of a run that freezes at step 30 that its first freeze could be at step 79, where its only regular check is.</summary>
    [Fact]
    public void ARuleThatSaysWhenItIsAskedIsAskedThen()
    {
        Assert.Empty(Start(new At(30), new FreezeOptions { RunSteps = 79, CheckEvery = 79, WarmUpSteps = 0 }));
        Assert.Equal("a run of 20 steps is too short to freeze: at can at step 30 at the earliest, with a warm-up of 0 steps and a check every 20 steps", Assert.Single(Start(new At(30), new FreezeOptions { RunSteps = 20, CheckEvery = 20, WarmUpSteps = 0 })));
    }

    /// <summary>A budget that is a part of the validation loss is not known before one was measured, which a run of one epoch does at its end.</summary>
    [Theory]
    [InlineData(50, 50, 60)]
    [InlineData(60, 50, 60)]
    [InlineData(61, 50, null)]
    [InlineData(61, 0, null)]     // validation when the caller likes
    public void ABudgetThatIsAPartOfALossWaitsForAnEpoch(int steps, int epoch, int? first)
    {
        var options = new FreezeOptions { RunSteps = steps, CheckEvery = 10, WarmUpSteps = 0, EpochSteps = epoch, RelativeLoss = true };
        foreach (bool planned in new[] { false, true })
        {
            List<string> warnings = Start(new LossBudget(patience: 1, planned: planned), options, criterion: new AnnealingDebt());
            if (first is null) Assert.Empty(warnings);
            else Assert.Equal($"a run of {steps} steps is too short to freeze: loss-budget can at step {first} at the earliest, with a warm-up of 0 steps and a check every 10 steps, after a validation at step {epoch}", Assert.Single(warnings));
            Assert.Empty(Start(new LossBudget(patience: 1, planned: planned), options with { RunSteps = 31, RelativeLoss = false }, criterion: new AnnealingDebt()));
        }
    }

    [Fact]
    public void AModelOfOneUnitIsSaid()
    {
        var options = new FreezeOptions { RunSteps = 500, CheckEvery = 10 };
        Assert.Equal("nothing will be frozen: the model has one unit, and the last that trains is never frozen", Assert.Single(Start(new PrefixPatience(2), options, body: false)));
        Assert.Empty(Start(new Never(), options, body: false));
    }

    [Fact]
    public void WhatIsPinnedCannotBeFrozenAnyway() => Assert.Empty(Start(new PrefixPatience(2), new FreezeOptions { RunSteps = 5, CheckEvery = 10 }, model => model.Parameters().First().IsFrozen = true));

    private static List<string> Start(IFreezeRule rule, FreezeOptions options, Action<ModuleBase>? change = null, ICriterion? criterion = null, bool body = true)
    {
        var warnings = new List<string>();
        using var device = new CpuDevice { Warn = warnings.Add };
        using var model = new Sequential([.. body ? [("fc", new Linear(4, 3, bias: false))] : (ReadOnlySpan<(string, Module)>)[], ("head", new Linear(3, 2))]).Initialize(device, 1);
        change?.Invoke(model);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        using var freeze = new FreezeController(model, optimizer, criterion ?? new WeightChange(), rule, options: options);
        freeze.CheckSettings();
        Assert.Empty(warnings);
        freeze.Start();
        freeze.Start();
        return warnings;
    }

    /// <summary>Reads the last observation without asking whether there is one.</summary>
    private sealed class OfTheLast : IFreezeRule<NoState>
    {
        public string Name => "of the last";

        public FreezeDecision Decide(CheckContext context, ref NoState state)
        {
            if (context.Step > 0) _ = context.Units[0].History.All[^1];
            return new FreezeDecision(context);
        }
    }

    /// <summary>Freezes the first unit at a step, at which it asks to be asked.</summary>
    private sealed class At(int step) : IFreezeRule<NoState>
    {
        public string Name => "at";

        public FreezeDecision Decide(CheckContext context, ref NoState state)
        {
            var decision = new FreezeDecision(context) { NextCheck = step };
            if (context.Step == step) decision.Freeze(0, "now");
            return decision;
        }
    }
}
