using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

public class ControllerStateTests
{
    private const int Rows = 6, In = 5, Width = 4, Classes = 3, Steps = 30;

    /// <summary>What validation gives every third step: the second half regresses from what the first half reached, and from nothing else.</summary>
    private static readonly double[] Accuracies = [0.3, 0.5, 0.6, 0.8, 0.79, 0.6, 0.62, 0.7, 0.7, 0.75];

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(15)]
    [InlineData(17)]
    [InlineData(21)]
    public void R10_SavingAndLoadingMidRunContinuesBitForBitWeightsAndDecisions(int at)
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using var folder = new TemporaryFolder();
            using Device device = make();
            using var whole = new Session(device);
            whole.Run(0, Steps);
            Assert.Contains(whole.Freeze.Decisions, entry => entry.Trigger == "rule");
            Assert.Contains(whole.Freeze.Decisions, entry => entry.Trigger == "regression" && entry.Step == 18);
            Assert.Contains(whole.Freeze.Decisions, entry => entry.Trigger == "rate-drop");

            string path = Path.Combine(folder.Root, "state.safetensors");
            double[][] weights;
            using (var first = new Session(device))
            {
                first.Run(0, at);
                var state = new StateTree();
                first.Optimizer.SaveState(state.Branch("optimizer"));
                first.Freeze.SaveState(state.Branch("freeze"));
                state.Save(path);
                weights = first.Weights;
            }
            using var second = new Session(device);
            foreach ((Parameter parameter, double[] values) in second.Model.Parameters().Zip(weights)) device.Upload(values, parameter.Value.Range);
            StateTree loaded = StateTree.Load(path);
            second.Optimizer.LoadState(loaded.Branch("optimizer"));
            second.Freeze.LoadState(loaded.Branch("freeze"));
            int before = second.Freeze.Decisions.Count;
            second.Run(at, Steps);
            Assert.Equal(whole.Weights, second.Weights);
            Assert.Equal(Told(whole.Freeze.Decisions.Where(entry => entry.Step > at)), Told(second.Freeze.Decisions.Skip(before).Where(entry => entry.Step > at)));
            Assert.Equal(whole.Freeze.Validation, second.Freeze.Validation);
        }
    }

    [Fact]
    public void R10_UnitsFrozenFromTheStartAreStillFrozenAfterAResumeAndNothingElseIs()
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, In, Width, Width, Classes), copy = Networks.Mlp(device, In, Width, Width, Classes);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        using var freeze = new FreezeController(model, optimizer, new Watching(), new Static(2));
        freeze.Observe("accuracy", 0.9, Better.Higher);
        freeze.Observe("accuracy", 0.1, Better.Higher);
        Assert.DoesNotContain(model.Parameters(), parameter => parameter.IsFrozen);
        var state = new StateTree();
        freeze.SaveState(state);
        using var other = new Sgd(copy, new Constant(0.1f));
        using var resumed = new FreezeController(copy, other, new Watching(), new Static(2));
        resumed.LoadState(state);
        Assert.DoesNotContain(copy.Parameters(), parameter => parameter.IsFrozen);      // the thaw is not undone (always re-freezing is a classic)
    }

    [Fact]
    public void R10_TheRateScaleOfAUnitSurvives()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.5f));
        optimizer.SetRateScale(model[0].Weight, 0.25f);
        var state = new StateTree();
        optimizer.SaveState(state);
        using var resumed = new Sgd(model, new Constant(0.5f));
        resumed.LoadState(state);
        Assert.Equal(0.125f, resumed.RateOf(model[0].Weight));
        Assert.Equal(0.5f, resumed.RateOf(model[1].Weight));
    }

    [Fact]
    public void R10_ThatTrainingMayStopSurvives()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.5f));
        var rule = new Scripted((context, decision) => decision.Stop = context.Step > 0);
        using var freeze = new FreezeController(model, optimizer, new Watching(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 1 });
        Assert.False(freeze.ShouldStop);
        model.Backward([1, 0], [1, 0]);
        freeze.Step();
        Assert.True(freeze.ShouldStop);
        var state = new StateTree();
        freeze.SaveState(state);
        using var resumed = new FreezeController(model, new Sgd(model, new Constant(0.5f)), new Watching(), rule);
        resumed.LoadState(state);
        Assert.True(resumed.ShouldStop);
    }

    [Fact]
    public void TheStateOfTheSameCriterionWithOtherSettingsIsRefusedNamingBoth()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.5f));
        using FreezeController saved = new(model, optimizer, new Drift(3), new Never()), other = new(model, optimizer, new Drift(4), new Never());
        var state = new StateTree();
        saved.SaveState(state);
        Assert.Equal("State: 'criterion' is 'drift:checks=3', expected 'drift:checks=4'.", Assert.Throws<FormatException>(() => other.LoadState(state)).Message);
    }

    [Fact]
    public void TheStateOfOtherStatisticsIsRefusedNamingBothWhereTheCriterionHasNoSettingsThatTell()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.5f));
        using FreezeController saved = new(model, optimizer, new Watching(new GradientNorm()), new Never()), other = new(model, optimizer, new Watching(new WeightDistance()), new Never());
        var state = new StateTree();
        saved.SaveState(state);
        Assert.Equal("State: 'statistics' is 'gradient-norm', expected 'weight-distance'.", Assert.Throws<FormatException>(() => other.LoadState(state)).Message);
    }

    [Fact]
    public void R10_WhatTheUserKeepsFrozenIsNoSavingOfAResumedRunEither()
    {
        using var device = new ReferenceDevice();
        using Cells model = new(device, [1, 2, 3], [1, 1]), copy = new(device, [1, 2, 3], [1, 1]);
        using Sgd optimizer = new(model, new Constant(0.5f)), other = new(copy, new Constant(0.5f));
        model[0].Weight.IsFrozen = true;
        using FreezeController saved = new(model, optimizer, new Watching(), new Never()), resumed = new(copy, other, new Watching(), new Never());
        saved.Start();
        var state = new StateTree();
        saved.SaveState(state);
        resumed.LoadState(state);
        copy.Backward([1, 1, 0], [1, 0]);
        resumed.Step();
        Assert.True(resumed.Ledger.IsFullKnown);
        Assert.Equal(resumed.Ledger.Done(CostKind.Optimizer), resumed.Ledger.Full(CostKind.Optimizer));
    }

    [Fact]
    public void R10_WhatWasRefusedIsNotSaidAgainAfterAResume()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.5f));
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step > 0) decision.Freeze(1, "always");
        });
        FreezeOptions options = FreezeOptions.WithoutTriggers with { CheckEvery = 1 };
        using FreezeController saved = new(model, optimizer, new Watching(), rule, options: options), resumed = new(model, optimizer, new Watching(), rule, options: options);
        model.Backward([1, 0], [1, 0]);
        saved.Step();
        var state = new StateTree();
        saved.SaveState(state);
        resumed.LoadState(state);
        model.Backward([1, 0], [1, 0]);
        resumed.Step();
        Assert.Equal((FreezeAction.Refuse, 1), resumed.Decisions.Select(entry => (entry.Action, entry.Step)).Single());
    }

    [Fact]
    public void R10_ARateThatFollowsAScheduleIsNotSaidAgainAfterAResume()
    {
        using var device = new ReferenceDevice();
        using var model = new Cells(device, [1, 1], [1, 1]);
        using var optimizer = new Sgd(model, new Constant(0.5f));
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step > 0) decision.Scale(0, 1.0 / (1 + context.Step));
        });
        FreezeOptions options = FreezeOptions.WithoutTriggers with { CheckEvery = 1 };
        using FreezeController saved = new(model, optimizer, new Watching(), rule, options: options), resumed = new(model, optimizer, new Watching(), rule, options: options);
        model.Backward([1, 0], [1, 0]);
        saved.Step();
        var state = new StateTree();
        saved.SaveState(state);
        resumed.LoadState(state);
        model.Backward([1, 0], [1, 0]);
        resumed.Step();
        Assert.Equal(1 / 3f, optimizer.RateScaleOf(model[0].Weight));
        Assert.Equal((FreezeAction.Adjust, 1), resumed.Decisions.Select(entry => (entry.Action, entry.Step)).Single());
    }

    [Fact]
    public void TheSameSeedGivesTheSameDecisionsAndAnotherOneAnotherStream()
    {
        Assert.Equal(Draw(5), Draw(5));
        Assert.NotEqual(Draw(5), Draw(6));

        static double Draw(ulong seed)
        {
            using var device = new ReferenceDevice();
            using var model = new Cells(device, [1, 1], [1, 1]);
            double drawn = 0;
            var rule = new Scripted((context, _) => drawn = context.Random.NextDouble());
            using var freeze = new FreezeController(model, new Sgd(model, new Constant(0.5f)), new Watching(), rule, seed: seed);
            freeze.Start();
            return drawn;
        }
    }

    private static IEnumerable<string> Told(IEnumerable<DecisionEntry> entries) =>
        entries.Select(entry => $"{entry} {entry.LearningRate:R} {entry.Score:R} {entry.Observation?.IntegratedRate:R}");

    private sealed class Session : IDisposable
    {
        private readonly Device device;

        public Session(Device device)
        {
            this.device = device;
            Model = Networks.Mlp(device, In, Width, Width, Width, Classes);
            Optimizer = new Sgd(Model, new StepDecay(0.1f, 10), momentum: 0.9f, weightDecay: 0.01f) { ClipNorm = 1, OnFreeze = OnFreeze.Offload };
            var criterion = new AllOf("loose", (new WeightChange(), 50), (new GradientNormLevel(), 50), (new GradientNormChange(), 50));
            Freeze = new FreezeController(
                Model, Optimizer, criterion, new PrefixPatience(1, 1, 2), options: new FreezeOptions { CheckEvery = 2, WarmUpSteps = 2, RegressionMargin = 0.15 }, seed: 3);
        }

        public Sequential Model { get; }

        public Sgd Optimizer { get; }

        public FreezeController Freeze { get; }

        public double[][] Weights => [.. Model.Parameters().Select(Networks.Bits)];

        public void Run(int from, int to)
        {
            for (int step = from; step < to; step++)
            {
                Networks.Backward(Model, device, Rows, In, Classes, step);
                Freeze.Step();
                if (step % 3 != 2) continue;
                Freeze.Observe("accuracy", Accuracies[step / 3], Better.Higher);
                Freeze.Observe("loss", 1 - Accuracies[step / 3], Better.Lower);
            }
        }

        public void Dispose()
        {
            Freeze.Dispose();
            Optimizer.Dispose();
            Model.Dispose();
        }
    }
}
