using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Tests.Autograd;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>Runs whose steady steps are repeated as recorded, on OpenCL: the bits, decisions, ledger and memory of runs whose steps are not, over freezes and thaws, and what is refused.</summary>
[Collection("gpu")]
public sealed class TrainerGraphsTests(GpuFixture fixture)
{
    private const string Reopening = "adaptive:checks=12,warmup=0.1,patience=1,window=2,drift=0.9";

    private static readonly CostKind[] Counted = [CostKind.Forward, CostKind.InputGradient, CostKind.WeightGradient, CostKind.Optimizer, CostKind.Statistics, CostKind.Probe];

    public static TheoryData<string, string> Runs => new()
    {
        { "never", "sgd" },
        { "never", "adamw:clip=0.5" },
        { SmallRun.Eager, "sgd:momentum=0.9,decay=0.001,nesterov=1,clip=1" },
        { Reopening, "adamw" },
        { "prefix-patience:criterion=gradient-norm-change,threshold=1000000,patience=1,checks=9,warmup=0,margin=0,probe=1", "sgd" },
        { "grades", "adamw" },
        { "prefix-patience:criterion=weight-change,threshold=1000000,patience=1,checks=18,warmup=0,margin=0,thaw=0.1", "sgd:momentum=0.9,clip=0.5" },
        { "lisa", "sgd:momentum=0.9,clip=0.2" },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void ARunWithGraphsIsTheSameRun(string policy, string optimizer)
    {
        RunSettings settings = SmallRun.Settings with { Policy = policy, Optimizer = optimizer, BatchSize = 8, Epochs = 3 };
        Outcome plain = Run(settings, GraphUse.Off), repeated = Run(settings, GraphUse.Auto);
        Assert.Equal(SmallRun.Bits(plain.Weights), SmallRun.Bits(repeated.Weights));
        Assert.Equal(plain.Result.Decisions.Select(Decided), repeated.Result.Decisions.Select(Decided));
        Assert.Equal(plain.Losses, repeated.Losses);
        foreach (CostKind kind in Counted)
        {
            Assert.Equal((kind, Work(plain.Result.Ledger.Done(kind))), (kind, Work(repeated.Result.Ledger.Done(kind))));
            Assert.Equal((kind, Work(plain.Result.Ledger.Full(kind))), (kind, Work(repeated.Result.Ledger.Full(kind))));
        }
        Assert.Equal(plain.Result.PeakBytes with { Process = 0 }, repeated.Result.PeakBytes with { Process = 0 });
        Assert.Empty(repeated.Said);
        Assert.Null(plain.Result.Graphs);
        RunGraphs graphs = repeated.Result.Graphs!;
        Assert.Equal(repeated.Result.Steps, graphs.Replays + graphs.Plain);
        Assert.True(graphs.Replays > repeated.Result.Steps / 2 && graphs.Captures >= 1, $"{graphs}");

        static (int, string, FreezeAction, string) Decided(DecisionEntry entry) => (entry.Step, entry.Path, entry.Action, entry.Trigger);

        static (long, long, long) Work(Cost cost) => (cost.Launches, cost.Flops, cost.Bytes);
    }

    /// <summary>Packing is part of what is recorded.</summary>
    [Fact]
    public void ARunThatKeepsActivationsInTwoBytesIsTheSameRun()
    {
        RunSettings settings = SmallRun.Settings with { Activations = "bf16", Policy = SmallRun.Eager, Epochs = 8 };
        Outcome plain = Run(settings, GraphUse.Off), repeated = Run(settings, GraphUse.On);
        Assert.Equal(SmallRun.Bits(plain.Weights), SmallRun.Bits(repeated.Weights));
        Assert.NotEqual(SmallRun.Bits(plain.Weights), SmallRun.Bits(Run(settings with { Activations = "float32" }, GraphUse.Off).Weights));
        Assert.True(repeated.Result.Graphs!.Replays > repeated.Result.Steps / 2, $"{repeated.Result.Graphs}");
        Assert.Equal(plain.Result.PeakBytes with { Process = 0 }, repeated.Result.PeakBytes with { Process = 0 });
        Assert.Equal(Precision.Float32, fixture.OpenCl.SavedPrecision);
    }

    /// <summary>Weights move to other memory at a freeze and a thaw, and what was recorded with them is given up.</summary>
    [Theory]
    [InlineData(SmallRun.Eager, null)]
    [InlineData("prefix-patience:criterion=weight-change,threshold=1000000,patience=1,checks=18,warmup=0,margin=0,thaw=0.1", null)]
    [InlineData(SmallRun.Eager, 0.9)]
    public void ARunThatKeepsFrozenWeightsInTwoBytesIsTheSameRun(string policy, double? average)
    {
        RunSettings settings = SmallRun.Settings with { FrozenWeights = "bf16", Policy = policy, WeightAverage = average, BatchSize = 8, Epochs = 4 };
        Outcome plain = Run(settings, GraphUse.Off), repeated = Run(settings, GraphUse.On);
        Assert.Equal(SmallRun.Bits(plain.Weights), SmallRun.Bits(repeated.Weights));
        Assert.NotEqual(SmallRun.Bits(plain.Weights), SmallRun.Bits(Run(settings with { FrozenWeights = "float32" }, GraphUse.Off).Weights));
        Assert.True(repeated.Result.Graphs!.Replays > repeated.Result.Steps / 4, $"{repeated.Result.Graphs}");
    }

    /// <summary>What is rare is not recorded: the last batch of an epoch is smaller, and three epochs are not enough for it.</summary>
    [Fact]
    public void ABatchOfAnotherSizeHasStepsOfItsOwn()
    {
        RunSettings settings = SmallRun.Settings with { BatchSize = 40, Epochs = 9 };
        Outcome plain = Run(settings, GraphUse.Off), repeated = Run(settings, GraphUse.On);
        Assert.Equal(SmallRun.Bits(plain.Weights), SmallRun.Bits(repeated.Weights));
        // Four full batches an epoch and one of 32: both kinds are taken three times, recorded twice, and repeated.
        Assert.Equal((2, 45 - 5 - 5, 10, 0), (repeated.Result.Graphs!.Captures, repeated.Result.Graphs.Replays, repeated.Result.Graphs.Plain, repeated.Result.Graphs.Evictions));
    }

    [Theory]
    [InlineData(GraphUse.On, GraphUse.On)]
    [InlineData(GraphUse.On, GraphUse.Off)]
    [InlineData(GraphUse.Off, GraphUse.On)]
    public void ARunThatGoesOnHasTheBitsOfOneThatWasNeverStopped(GraphUse first, GraphUse then)
    {
        RunSettings settings = SmallRun.Settings with { Policy = SmallRun.Eager, Optimizer = "adamw", BatchSize = 8, Epochs = 2, CheckpointEvery = "at:31" };
        float[][] whole = Run(settings, GraphUse.Off).Weights;
        using var folder = new TemporaryFolder();
        string run = Path.Combine(folder.Root, "run");
        using (RunParts parts = SmallRun.Parts(settings, device: fixture.OpenCl))
        using (var log = new RunLog(run, parts.Metrics, settings))
        using (var stop = new CancellationTokenSource())
        {
            new Trainer(parts, log, new Watcher { After = 31, Stop = stop }, Checkpoints(log, settings)) { Graphs = first }.Run(stop.Token);
        }
        using ResumedRun resumed = ResumedRun.Open(run, line => Assert.Fail(line));
        using RunParts again = SmallRun.Parts(resumed.Settings, device: fixture.OpenCl);
        using RunLog more = resumed.OpenLog(again);
        var trainer = new Trainer(again, more, null, Checkpoints(more, settings)) { Graphs = then };
        resumed.Load(trainer);
        RunResult result = trainer.Run(TestContext.Current.CancellationToken);
        Assert.Equal((48, then == GraphUse.On), (result.Steps, result.Graphs?.Replays > 0));
        Assert.Equal(SmallRun.Bits(whole), SmallRun.Bits(SmallRun.Weights(again.Model)));
    }

    [Theory]
    [InlineData(2, "off", "2 batches are added up")]
    [InlineData(1, "memory=1MB,always", "forward cache")]
    public void WhatCannotBeRepeatedIsSaidOnceAndRefusedWhereItWasAskedFor(int accumulate, string cache, string reason)
    {
        RunSettings settings = SmallRun.Settings with { Accumulate = accumulate, Cache = cache, Policy = "static:1" };
        Outcome plain = Run(settings, GraphUse.Off), found = Run(settings, GraphUse.Auto);
        Assert.Equal(SmallRun.Bits(plain.Weights), SmallRun.Bits(found.Weights));
        Assert.Contains(reason, Assert.Single(found.Said, line => line.StartsWith("graphs:", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains(reason, Assert.Throws<ArgumentException>(() => Run(settings, GraphUse.On)).Message, StringComparison.Ordinal);
    }

    /// <summary>What only a step can show is found at the fourth or fifth, and ends a run that was to have none.</summary>
    [Fact]
    public void WhatIsFoundLaterEndsARunThatAskedForGraphs()
    {
        Outcome found = Run(SmallRun.Settings with { Epochs = 3 }, GraphUse.Auto, Masked);
        RunGraphs graphs = found.Result.Graphs!;
        string reason = Assert.Single(graphs.Refusals!);
        Assert.Contains("where a parameter has an update mask", reason, StringComparison.Ordinal);
        Assert.Equal((0L, (long)found.Result.Steps, true), (graphs.Replays, graphs.Plain, graphs.Recordings > 0));
        Assert.Equal(graphs.Refusals, RunSummary.Of(found.Result).Graphs!.Refusals);
        Assert.Equal($"Graphs are on, and steps cannot be repeated: {reason}.", Assert.Throws<ArgumentException>(() => Run(SmallRun.Settings with { Epochs = 3 }, GraphUse.On, Masked)).Message);
    }

    /// <summary>Whole repeated steps have a phase of their own, and steps that are recorded are no measure of any.</summary>
    [Fact]
    public void TheSecondsOfRepeatedStepsAreTheirOwn()
    {
        RunSettings settings = SmallRun.Settings with { Policy = SmallRun.Eager, BatchSize = 8, Epochs = 6 };
        RunResult plain = Run(settings, GraphUse.Off).Result, repeated = Run(settings, GraphUse.On).Result;
        Assert.Equal((0, true), (plain.Seconds.Repeated, repeated.Seconds.Repeated > 0));
        Assert.All(plain.Savings, saving => Assert.False(saving.IsRepeated));
        // Thirty-six steps between two checks: of the first three are taken, two recorded, and the rest repeated.
        Assert.All(repeated.Savings, saving => Assert.True(saving.IsRepeated && double.IsFinite(saving.Before) && double.IsFinite(saving.Found), $"{saving}"));
        Assert.All(RunSummary.Of(repeated).StepTimes, time => Assert.True(time.Repeated));
        Assert.Equal((repeated.Graphs!.Replays, repeated.Graphs.Plain), (RunSummary.Of(repeated).Graphs!.Replays, RunSummary.Of(repeated).Graphs!.Plain));
    }

    /// <summary>A loss that is logged four times an epoch is read once where the run ends before that.</summary>
    [Fact]
    public void ARunOfLessThanAQuarterOfAnEpochHasALoss()
    {
        RunSettings settings = SmallRun.Settings with { BatchSize = 8, Steps = 3 };
        Assert.True(double.IsFinite(Run(settings, GraphUse.Off).Result.FinalTrainLoss));
        Assert.True(double.IsFinite(Run(settings, GraphUse.Auto).Result.FinalTrainLoss));
    }

    [Fact]
    public void OnACpuThereIsNothingToRecord()
    {
        using RunParts parts = SmallRun.Parts(SmallRun.Settings);
        string message = Assert.Throws<ArgumentException>(() => Trainer.CheckGraphs(parts, GraphUse.On)).Message;
        Assert.Contains("cpu", message, StringComparison.Ordinal);
        Trainer.CheckGraphs(parts, GraphUse.Auto);
        Assert.Null(new Trainer(parts).Run(TestContext.Current.CancellationToken).Graphs);
    }

    [Fact]
    public void MemoryIsAsItWasBefore()
    {
        GpuDevice device = fixture.OpenCl;
        long before = device.Counters.LiveBytes;
        Run(SmallRun.Settings with { Policy = SmallRun.Eager, BatchSize = 8 }, GraphUse.On);
        Assert.Equal(before, device.Counters.LiveBytes);
        Assert.Empty(device.Graphs);
    }

    private static RunCheckpoints Checkpoints(RunLog log, RunSettings settings) => new(log.Folder, CheckpointPlan.Parse(settings.CheckpointEvery, settings.KeepCheckpoints));

    /// <summary>Half of a bias rests.</summary>
    private static RunParts Masked(RunParts parts)
    {
        Parameter bias = parts.Model.Parameters().First(parameter => parameter.Shape.Rank == 1);
        bias.UpdateMask = UpdateMask.Scalars([.. Enumerable.Range(0, bias.Shape.Count).Select(i => i % 2 == 0)]);
        return parts;
    }

    private Outcome Run(RunSettings settings, GraphUse graphs, Func<RunParts, RunParts>? change = null)
    {
        using RunParts parts = (change ?? (made => made))(SmallRun.Parts(settings, device: fixture.OpenCl));
        var watcher = new Watcher();
        RunResult result = new Trainer(parts, null, watcher) { Graphs = graphs }.Run(TestContext.Current.CancellationToken);
        return new Outcome(result, SmallRun.Weights(parts.Model), watcher.Losses, watcher.Lines);
    }

    private sealed record Outcome(RunResult Result, float[][] Weights, List<double?> Losses, List<string> Said);

    private sealed class Watcher : IRunObserver
    {
        public int After { get; init; } = int.MaxValue;

        public CancellationTokenSource? Stop { get; init; }

        public List<double?> Losses { get; } = [];

        public List<string> Lines { get; } = [];

        public void Started(RunParts parts, FreezeController freeze)
        {
        }

        public void Logged(MetricRow row) => Losses.Add(row.TrainLoss);

        public void Said(string line) => Lines.Add(line);

        public void Stepped(int step, int epoch)
        {
            if (step == After) Stop!.Cancel();
        }
    }
}
