using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Plots;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Promise and fact: the predicted part of a step by closed forms of a dense network's operations, and what is measured, kept and said of it.</summary>
public sealed class SavingTests
{
    private const int Samples = 6, First = 10, Second = 7, Third = 5, Outputs = 3;

    // Operations of a step, of one sample, of layer by layer: forward f, input gradient (none of the first), weight gradient.
    private static readonly double[] Layer = [2.0 * First * Second, 2.0 * Second * Third, 2.0 * Third * Outputs];

    [Fact]
    public void ThePromiseIsTheRatioOfCountedSteps()
    {
        using var device = new CpuDevice(1);
        using var model = new Sequential(("one", new Linear(First, Second)), ("two", new Linear(Second, Third)), ("head", new Linear(Third, Outputs)));
        model.Initialize(device, 1);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        using var controller = new FreezeController(model, optimizer, new WeightChange(), new Plan(), options: FreezeOptions.WithoutTriggers with { CheckEvery = 1 });
        for (int step = 0; step < 20; step++)
        {
            using var scope = new Scope();
            Loss.CrossEntropy(model.Forward(Tensor.Full(device, [Samples, First], 0.1 * (step % 3))), IntTensor.From(device, [0, 1, 2, 0, 1, 2])).Backward();
            controller.Step();
        }
        // With the first frozen the second needs no input gradient, the head does; with the second in the middle it is passed through.
        double forward = Layer.Sum(), all = (3 * forward) - Layer[0], first = forward + Layer[1] + (2 * Layer[2]), both = forward + Layer[2], middle = forward + Layer[0] + Layer[1] + (2 * Layer[2]);
        StepSaving[] savings = [.. controller.Savings];
        Assert.Equal([(4, "one frozen"), (8, "two frozen"), (12, "one thawed"), (16, "two thawed")], savings.Select(saving => (saving.Step, saving.Changed)));
        double[] expected = [first / all, both / first, middle / both, all / middle];
        for (int i = 0; i < savings.Length; i++) Assert.Equal(expected[i], savings[i].Promised / savings[i].Before, 1e-12);
        Assert.Equal([4, 4, 4, 4], savings.Select(saving => saving.Steps));
        Assert.All(savings, saving => Assert.True(saving.Before > 0 && saving.Found > 0));
        // What was found is what was before the next change.
        for (int i = 1; i < savings.Length; i++) Assert.Equal(savings[i - 1].Found, savings[i].Before);
        // Two errors make an interval.
        Assert.All(savings.Take(2), saving => Assert.True(double.IsNaN(saving.Low)));
        double[] errors = [.. savings.Take(2).Select(saving => saving.Found / saving.Promised)];
        Assert.Equal((savings[2].Promised * errors.Min(), savings[2].Promised * errors.Max()), (savings[2].Low, savings[2].High));
        var state = new StateTree();
        controller.SaveState(state);
        controller.LoadState(state);
        Assert.Equal(savings, controller.Savings);
    }

    [Fact]
    public void WhatIsFrozenFromTheStartPromisesNothingAndARunSaysTheRest()
    {
        (RunResult fixedFrom, _) = SmallRun.Run(SmallRun.Settings with { Policy = "static:1" });
        Assert.Empty(fixedFrom.Savings);
        (RunResult growing, _) = SmallRun.Run(SmallRun.Settings with { Policy = SmallRun.Eager, Epochs = 5 });
        StepSaving first = growing.Savings[0];
        Assert.InRange(first.PromisedPart, 0.1, 0.9);
        RunSummary summary = RunSummary.Of(growing);
        Assert.Equal(growing.Savings.Count, summary.StepTimes.Count);
        Assert.StartsWith($"Promise and fact:{Environment.NewLine}  step {first.Step}, fc1 frozen: ", Explanation.Of(summary.StepTimes), StringComparison.Ordinal);
        Assert.Equal("", Explanation.Of([new RunStepTime(3, "fc1 frozen", null, null, null, null, 0.1, 4)]));
        Assert.Equal(
            "step 3, fc1 frozen: 10.00 ms a step before, 7.50 promised (7.00 to 8.00), 7.75 found in 40 steps",
            new RunStepTime(3, "fc1 frozen", 0.010, 0.0075, 0.007, 0.008, 0.00775, 40).Sentence);
    }

    /// <summary>Errors of earlier runs decide without the clock: steps that took ten times what was promised save nothing, and those that took what was promised pay.</summary>
    [Theory]
    [InlineData(10, false)]
    [InlineData(1, true)]
    public void WhatCannotPayIsRefusedOnceWithTheNumbers(double error, bool pays)
    {
        using var device = new CpuDevice(1);
        using var model = new Sequential(("one", new Linear(First, Second)), ("two", new Linear(Second, Third)), ("head", new Linear(Third, Outputs)));
        model.Initialize(device, 1);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        FreezeOptions options = FreezeOptions.WithoutTriggers with { CheckEvery = 1, RunSteps = 1_000_000, Paying = true, Calibration = [error, error] };
        using var controller = new FreezeController(model, optimizer, new WeightChange(), new Insistent(), options: options);
        for (int step = 0; step < 8; step++)
        {
            using var scope = new Scope();
            Loss.CrossEntropy(model.Forward(Tensor.Full(device, [Samples, First], 0.1 * (step % 3))), IntTensor.From(device, [0, 1, 2, 0, 1, 2])).Backward();
            controller.Step();
        }
        Assert.Equal(pays, controller.Units[0].IsFrozen);
        DecisionEntry only = Assert.Single(controller.Decisions);
        Assert.Equal((4, "one", pays ? FreezeAction.Freeze : FreezeAction.Refuse), (only.Step, only.Path, only.Action));
        if (pays) return;
        Assert.Matches(@"^it cannot pay: a step of [0-9.]+ ms would take [0-9.]+ ms, at worst [0-9.]+, 999996 steps are left, and a change costs 0\.00 ms$", only.Reason!);
        Assert.Empty(controller.Savings);
    }

    [Fact]
    public void WhatPaysDependsOnTheRunsLengthAndErrorsAreNumbers()
    {
        using var device = new CpuDevice(1);
        using var model = new Sequential(("one", new Linear(First, Second)), ("head", new Linear(Second, Outputs)));
        model.Initialize(device, 1);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        Says("what pays depends on the steps that are left: set FreezeOptions.RunSteps", new FreezeOptions { Paying = true });
        Says("an error of a prediction must be positive and finite", new FreezeOptions { Calibration = [1, 0] });

        void Says(string what, FreezeOptions options) =>
            Assert.Contains(what, Assert.Throws<ArgumentException>(() => new FreezeController(model, optimizer, new WeightChange(), new Plan(), options: options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EarlierRunsCalibrateWithTheirErrorsOrSayWhatTheyLack()
    {
        using var folder = new TemporaryFolder();
        string run = HandWrittenRun.Write(folder, stepTimes: """{"step":20,"changed":"stem frozen","before":0.01,"promised":0.008,"low":null,"high":null,"found":0.006,"steps":9},{"step":30,"changed":"middle frozen","before":0.006,"promised":0.004,"low":null,"high":null,"found":null,"steps":0}""");
        Assert.Equal([0.75], RunCalibration.Read([run]));
        string none = HandWrittenRun.Write(folder, "none");
        Assert.EndsWith("expected a freeze with a measured step time, found none to calibrate with.", Assert.Throws<ArgumentException>(() => RunCalibration.Read([none])).Message, StringComparison.Ordinal);
        Assert.Contains("it has no summary.json", Assert.Throws<ArgumentException>(() => RunCalibration.Read([folder.Root])).Message, StringComparison.Ordinal);
    }

    /// <summary>Freezes the first at the fourth step and asks again at each one.</summary>
    private sealed class Insistent : IFreezeRule<NoState>
    {
        public string Name => "insistent";

        public FreezeDecision Decide(CheckContext context, ref NoState state)
        {
            var decision = new FreezeDecision(context);
            if (context.Step >= 4) decision.Freeze(0, "one");
            return decision;
        }
    }

    /// <summary>Freezes the first, then the second, and thaws them in that order.</summary>
    private sealed class Plan : IFreezeRule<NoState>
    {
        public string Name => "plan";

        public FreezeDecision Decide(CheckContext context, ref NoState state)
        {
            var decision = new FreezeDecision(context);
            if (context.Step == 4) decision.Freeze(0, "one");
            if (context.Step == 8) decision.Freeze(1, "two");
            if (context.Step == 12) decision.Thaw(0, "one");
            if (context.Step == 16) decision.Thaw(1, "two");
            return decision;
        }
    }
}
