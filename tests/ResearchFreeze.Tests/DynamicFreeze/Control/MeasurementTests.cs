using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>What a validation measurement does, and what it does not: cases 5, 6, 7 and 38.</summary>
public class MeasurementTests
{
    private const int Rows = 6, In = 12, Width = 16, Classes = 3;

    [Theory]
    [InlineData(2.0, 1.5, Better.Lower, false)]
    [InlineData(1.5, 2.0, Better.Lower, true)]
    [InlineData(1.5, 2.0, Better.Higher, false)]
    [InlineData(-2.0, -2.5, Better.Higher, true)]       // a log-likelihood: a fraction of its size
    [InlineData(-2.0, -2.01, Better.Higher, false)]
    public void Case05_ALossThatFallsIsNoRegression(double first, double second, Better better, bool thaws)
    {
        using var run = new Run(FreezeOptions.WithoutTriggers with { RegressionMargin = 0.02 });
        run.Freeze.Observe("loss", first, better);
        run.Freeze.Observe("loss", second, better);
        Assert.Equal(!thaws, run.Freeze.Units[0].IsFrozen);
        var error = Assert.Throws<ArgumentException>(() => run.Freeze.Observe("loss", 1, better == Better.Lower ? Better.Higher : Better.Lower));
        Assert.Contains("'loss' was observed as better", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(90.00, 89.97, null, false)]
    [InlineData(90.00, 88.10, null, true)]
    [InlineData(0.9000, 0.8997, null, false)]
    [InlineData(0.9000, 0.8810, null, true)]
    [InlineData(90.00, 89.97, 0.02, true)]
    [InlineData(90.00, 88.10, 2.0, false)]
    public void Case06_MarginsAreFractionsUnlessOneIsGivenWithTheMeasurement(double first, double second, double? margin, bool thaws)
    {
        using var run = new Run(FreezeOptions.WithoutTriggers with { RegressionMargin = 0.02 });
        run.Freeze.Observe("percent", first, Better.Higher, margin);
        run.Freeze.Observe("percent", second, Better.Higher, margin);
        Assert.Equal(!thaws, run.Freeze.Units[0].IsFrozen);
    }

    [Fact]
    public void Case07_WhatTheGuardHasDealtWithIsNoRegressionOfWhatItHadConfirmed()
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 2) decision.Freeze(0, "first");
            if (context.Step == 4) decision.Freeze(1, "second");
        });
        using var run = new Run(FreezeOptions.WithoutTriggers with { RegressionMargin = 0.02, GuardMargin = 0.05, CheckEvery = 2 }, rule, null, Width);
        run.Steps(2);
        run.Freeze.Observe("validation", 0.5, Better.Higher);
        run.Steps(1);
        run.Freeze.Observe("validation", 0.55, Better.Higher);       // confirms the first
        run.Steps(1);
        Assert.Equal([true, true, false], run.Freeze.Units.Select(unit => unit.IsFrozen));
        run.Steps(1);
        run.Freeze.Observe("validation", 0.20, Better.Higher);
        Assert.Equal([true, false, false], run.Freeze.Units.Select(unit => unit.IsFrozen));
        Assert.Equal(["thaw guard", "rollback guard"], run.Freeze.Decisions.Skip(2).Select(entry => $"{entry.Action.ToString().ToLowerInvariant()} {entry.Trigger}"));
        // What was measured on weights that are gone is no best either.
        run.Steps(1);
        run.Freeze.Observe("validation", 0.545, Better.Higher);
        Assert.True(run.Freeze.Units[0].IsFrozen);
    }

    /// <summary>A second metric, measured after the rollback at the step of the weights that are gone, and better than it ever was: it is nobody's best.</summary>
    [Fact]
    public void ABestOfWeightsThatAreGoneIsNoBaselineOfAnotherMetricEither()
    {
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 2) decision.Freeze(0, "first");
            if (context.Step == 4) decision.Freeze(1, "second");
        });
        using var run = new Run(FreezeOptions.WithoutTriggers with { RegressionMargin = 0.02, GuardMargin = 0.05, CheckEvery = 2 }, rule, null, Width);
        run.Steps(3);
        run.Freeze.Observe("accuracy", 0.55, Better.Higher);       // confirms the first
        run.Freeze.Observe("f1", 0.5, Better.Higher);
        run.Steps(2);
        run.Freeze.Observe("accuracy", 0.2, Better.Higher);
        Assert.Contains(run.Freeze.Decisions, entry => entry.Action == FreezeAction.Rollback);
        run.Freeze.Observe("f1", 0.9, Better.Higher);
        run.Steps(1);
        run.Freeze.Observe("f1", 0.5, Better.Higher);
        Assert.Equal([true, false, false], run.Freeze.Units.Select(unit => unit.IsFrozen));
        Assert.DoesNotContain(run.Freeze.Decisions, entry => entry.Trigger == "regression");
    }

    [Fact]
    public void Case38_AThawBetweenTheBatchesOfAStepWaitsForTheStep()
    {
        using var run = new Run(FreezeOptions.WithoutTriggers with { RegressionMargin = 0.02 });
        run.Freeze.Observe("validation", 0.9, Better.Higher);
        double[] before = Networks.Bits(run.Freeze.Units[0].Parameters[0]);
        run.Backward(0);
        run.Freeze.Observe("validation", 0.5, Better.Higher);
        Assert.True(run.Freeze.Units[0].IsFrozen);
        run.Backward(1);
        run.Freeze.Step();
        Assert.Equal(before, Networks.Bits(run.Freeze.Units[0].Parameters[0]));       // no update of half of the batches
        Assert.False(run.Freeze.Units[0].IsFrozen);
        Assert.Equal(["0", "1"], run.Freeze.Validation.Select(point => $"{point.Step}"));
        run.Backward(2);
        run.Backward(3);
        run.Freeze.Step();
        Assert.NotEqual(before, Networks.Bits(run.Freeze.Units[0].Parameters[0]));
    }

    [Fact]
    public void WhatAMeasurementBetweenTheBatchesOfAStepThawsIsThawedBehindTheStepsCheckAndTheLogCanBeRead()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Root, "log.jsonl");
        var rule = new Scripted((context, decision) =>
        {
            if (context.Step == 0) decision.Freeze(0, "first");
            if (context.Step == 1) decision.Freeze(1, "second");
        });
        using (var log = new DecisionLog(path))
        using (var run = new Run(FreezeOptions.WithoutTriggers with { RegressionMargin = 0.02, CheckEvery = 1 }, rule, log, Width))
        {
            run.Freeze.Observe("validation", 0.9, Better.Higher);
            run.Backward(0);
            run.Freeze.Observe("validation", 0.5, Better.Higher);
            run.Freeze.Step();
            Assert.Equal([false, false, false], run.Freeze.Units.Select(unit => unit.IsFrozen));
        }
        Assert.Equal(["freeze rule", "freeze rule", "thaw regression", "thaw regression"], DecisionRecord.Read(path).Entries.Select(entry => $"{entry.Action.ToString().ToLowerInvariant()} {entry.Trigger}"));
    }

    [Fact]
    public void WhatAMeasurementLedToIsRepeatedAfterTheNextStepWhereNobodyMeasures()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Root, "log.jsonl");
        using (var log = new DecisionLog(path))
        using (var run = new Run(FreezeOptions.WithoutTriggers with { RegressionMargin = 0.02 }, null, log))
        {
            foreach (double accuracy in (double[])[0.9, 0.5])
            {
                run.Steps(1);
                run.Freeze.Observe("validation", accuracy, Better.Higher);
            }
        }
        using var again = new Run(FreezeOptions.WithoutTriggers with { Replay = DecisionRecord.Read(path) });
        again.Steps(2);
        Assert.True(again.Freeze.Units[0].IsFrozen);
        again.Steps(1);
        Assert.Equal([(0, FreezeAction.Freeze), (3, FreezeAction.Thaw)], again.Freeze.Decisions.Select(entry => (entry.Step, entry.Action)));
    }

    [Fact]
    public void AMeasurementThatWaitedForItsStepIsNoneOfALoadedRuns()
    {
        using var run = new Run(FreezeOptions.WithoutTriggers with { RegressionMargin = 0.02 });
        run.Freeze.Observe("validation", 0.9, Better.Higher);
        var state = new StateTree();
        run.Freeze.SaveState(state);
        run.Backward(0);
        run.Freeze.Observe("validation", 0.5, Better.Higher);
        run.Freeze.LoadState(state);
        run.Freeze.Step();
        Assert.True(run.Freeze.Units[0].IsFrozen);
        Assert.Equal(0.9, Assert.Single(run.Freeze.Validation).Value);
    }

    [Fact]
    public void AMarginThatIsNoNumberIsRefused()
    {
        using var run = new Run(FreezeOptions.WithoutTriggers);
        foreach (double margin in (double[])[-1, double.NaN]) Assert.Throws<ArgumentOutOfRangeException>(() => run.Freeze.Observe("validation", 0.9, Better.Higher, margin));
        Assert.Empty(run.Freeze.Validation);
    }

    /// <summary>A network whose first unit is frozen.</summary>
    private sealed class Run : IDisposable
    {
        private readonly ReferenceDevice device = new();
        private readonly Sequential model;
        private readonly Sgd optimizer;
        private int taken;

        public Run(FreezeOptions options, IFreezeRule? rule = null, IDecisionLog? log = null, params int[] further)
        {
            model = Networks.Mlp(device, [In, Width, .. further, Classes]);
            optimizer = new Sgd(model, new Constant(0.05f));
            Freeze = new FreezeController(model, optimizer, new Watching(), rule ?? new Static(1), log, options);
        }

        public FreezeController Freeze { get; }

        public void Backward(int index) => Networks.Backward(model, device, Rows, In, Classes, index);

        public void Steps(int count)
        {
            for (int i = 0; i < count; i++)
            {
                Backward(taken++);
                Freeze.Step();
            }
        }

        public void Dispose()
        {
            Freeze.Dispose();
            optimizer.Dispose();
            model.Dispose();
            device.Dispose();
        }
    }
}
