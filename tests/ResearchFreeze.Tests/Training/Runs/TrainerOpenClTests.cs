using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Tests.Autograd;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>Whole runs on OpenCL, whose primitives return before they are done: what the CPU decides and counts, its numbers but for rounding, and the memory back.</summary>
[Collection("gpu")]
public sealed class TrainerOpenClTests(GpuFixture fixture)
{
    /// <summary>Of a loss and of a parameter's norm: float32 sums in another order, carried through twelve steps.</summary>
    private const double Tolerance = 1e-4;

    private static readonly CostKind[] Counted = [CostKind.Forward, CostKind.InputGradient, CostKind.WeightGradient, CostKind.Optimizer, CostKind.Statistics];

    public static TheoryData<string, string> Policies => new()
    {
        { "never", "sgd" },
        { "static:2", "adamw" },
        { SmallRun.Eager, "sgd:momentum=0.9,decay=0.001,nesterov=1,clip=1" },
        { "adaptive:checks=12,warmup=0.1,patience=1,window=2,drift=0.9", "sgd" },
    };

    [Theory]
    [MemberData(nameof(Policies))]
    public void TheControllerDecidesAndTheLedgerCountsWhatTheyDoOnTheCpu(string policy, string optimizer)
    {
        RunSettings settings = SmallRun.Settings with { Policy = policy, Optimizer = optimizer };
        (RunResult expected, float[][] weights) = SmallRun.Run(settings);
        (RunResult found, float[][] others) = Run(settings);
        Assert.Equal(policy == "never", expected.Decisions.Count == 0);
        Assert.Equal(expected.Decisions.Select(Decided), found.Decisions.Select(Decided));
        foreach (CostKind kind in Counted)
        {
            Assert.Equal((kind, Work(expected.Ledger.Done(kind))), (kind, Work(found.Ledger.Done(kind))));
            Assert.Equal((kind, Work(expected.Ledger.Full(kind))), (kind, Work(found.Ledger.Full(kind))));
        }
        Assert.Equal((expected.PeakBytes.Saved, expected.PeakBytes.Gradients, expected.PeakBytes.Optimizer), (found.PeakBytes.Saved, found.PeakBytes.Gradients, found.PeakBytes.Optimizer));
        foreach ((float[] want, float[] got) in weights.Zip(others))
        {
            double distance = Math.Sqrt(want.Zip(got, (x, y) => Math.Pow(x - y, 2)).Sum()), size = Math.Sqrt(want.Sum(x => (double)x * x));
            Assert.InRange(distance, 0, Tolerance * size);
        }

        static (int, string, FreezeAction, string) Decided(DecisionEntry entry) => (entry.Step, entry.Path, entry.Action, entry.Trigger);

        static (long, long, long) Work(Cost cost) => (cost.Launches, cost.Flops, cost.Bytes);
    }

    [Fact]
    public void TheSameRunTwiceGivesTheSameBits()
    {
        RunSettings settings = SmallRun.Settings with { Policy = SmallRun.Eager };
        Assert.Equal(SmallRun.Bits(Run(settings).Weights), SmallRun.Bits(Run(settings).Weights));
    }

    /// <summary>
    /// Statistics stay on the device until a check. The trainer itself reads the loss of every twelfth step, before it, and whether the optimizer has halted, after it; a probe is a second copy at its check, since its norms
    /// are of another backward pass.
    /// </summary>
    [Theory]
    [InlineData("prefix-patience:threshold=1000000,patience=1,checks=9,warmup=0,margin=0", 1)]
    [InlineData("adaptive:checks=9,warmup=0.1,patience=1,window=2,drift=0.9", 1)]
    [InlineData("prefix-patience:criterion=gradient-norm-change,threshold=1000000,patience=1,checks=9,warmup=0,margin=0,probe=1", 2)]
    public void BetweenChecksTheHostReadsNothingAndWaitsForNothing(string policy, int copies)
    {
        const int logEvery = 12;
        var reads = new HostReads(fixture.OpenCl);
        using RunParts parts = SmallRun.Parts(SmallRun.Settings with { Policy = policy, Epochs = 1, BatchSize = 4 }, device: fixture.OpenCl);
        new Trainer(parts, null, reads).Run(TestContext.Current.CancellationToken);
        Assert.Equal((48, 5), (reads.Steps.Count, reads.CheckEvery));
        for (int step = 1; step <= reads.Steps.Count; step++)
        {
            int logs = (step % logEvery == 0 ? 1 : 0) + (step > 1 && (step - 1) % logEvery == 0 ? 1 : 0);
            int expected = logs + (step % reads.CheckEvery == 0 ? copies : 0);
            (long downloads, int waits) = reads.Steps[step - 1];
            Assert.Equal((step, expected), (step, downloads));
            // In the first interval the device's work space may have to grow, once, which waits.
            if (step > reads.CheckEvery) Assert.Equal((step, expected), (step, waits));
        }
    }

    /// <summary>Kernels depend on a batch's size, so that what is kept of one batch and read in another may differ in its last bits.</summary>
    [Theory]
    [InlineData("memory=1MB,always")]
    [InlineData("memory=1MB,half,always")]
    [InlineData("auto")]
    public void AForwardCacheReadsWhatTheDeviceHasComputed(string cache)
    {
        RunSettings settings = SmallRun.Settings with { Policy = SmallRun.Eager, Epochs = 6 };
        (RunResult expected, float[][] weights) = Run(settings);
        (RunResult found, float[][] others) = Run(settings with { Cache = cache });
        Assert.Equal(expected.Ledger.Full().Flops, found.Ledger.Full().Flops);
        if (cache != "auto") Assert.True(found.Cache!.Read > 0 && found.Ledger.Done(CostKind.Forward).Flops < expected.Ledger.Done(CostKind.Forward).Flops);
        double tolerance = cache.Contains("half", StringComparison.Ordinal) ? 1e-2 : Tolerance;
        foreach ((float[] want, float[] got) in weights.Zip(others))
        {
            double distance = Math.Sqrt(want.Zip(got, (x, y) => Math.Pow(x - y, 2)).Sum()), size = Math.Sqrt(want.Sum(x => (double)x * x));
            Assert.InRange(distance, 0, tolerance * size);
        }
    }

    [Fact]
    public void StaticLeavesTheFrozenWeightsAtTheirStart()
    {
        using RunParts parts = SmallRun.Parts(SmallRun.Settings with { Policy = "static:2" }, device: fixture.OpenCl);
        float[][] start = SmallRun.Weights(parts.Model);
        new Trainer(parts).Run(TestContext.Current.CancellationToken);
        float[][] end = SmallRun.Weights(parts.Model);
        Assert.Equal(SmallRun.Bits(start[..4]), SmallRun.Bits(end[..4]));
        Assert.NotEqual(start[4], end[4]);
    }

    /// <summary>The guard is read when the loss is, steps later: what is found is the step that was bad, with the weights from before it.</summary>
    [Fact]
    public void ANumberThatIsNotFiniteEndsTheRunAtItsStepThoughItIsSeenLater()
    {
        RunSettings settings = SmallRun.Settings with { LearningRate = 1e12f, Schedule = "constant", Epochs = 10, BatchSize = 4 };
        (RunResult result, float[][] weights) = Run(settings);
        NonFinite failure = Assert.IsType<NonFinite>(result.Failure);
        Assert.InRange(failure.Step, 2, 11);       // the trainer reads the loss every twelfth step
        Assert.Equal(failure.Step - 1, result.Steps);
        (_, float[][] before) = Run(settings, stopAfter: failure.Step - 1);
        Assert.Equal(SmallRun.Bits(before), SmallRun.Bits(weights));
    }

    [Theory]
    [InlineData("never", "sgd")]
    [InlineData(SmallRun.Eager, "adamw")]
    public void LiveBytesReturnToWhereTheyBegan(string policy, string optimizer)
    {
        DeviceCounters counters = fixture.OpenCl.Counters;
        long[] before = Live();
        long saved = counters.SavedBytes;
        using (RunParts parts = SmallRun.Parts(SmallRun.Settings with { Policy = policy, Optimizer = optimizer }, device: fixture.OpenCl))
        {
            new Trainer(parts).Run(TestContext.Current.CancellationToken);
            Assert.Equal((before[(int)MemoryKind.Activation], before[(int)MemoryKind.Gradient], saved), (counters.Live(MemoryKind.Activation), counters.Live(MemoryKind.Gradient), counters.SavedBytes));
            Assert.NotEqual(before, Live());
        }
        Assert.Equal(before, Live());

        long[] Live() => [.. Enum.GetValues<MemoryKind>().Select(counters.Live)];
    }

    private (RunResult Result, float[][] Weights) Run(RunSettings settings, int stopAfter = int.MaxValue) => SmallRun.Run(settings, stopAfter: stopAfter, device: fixture.OpenCl);

    /// <summary>Copies to the host, and waits for all work, from the end of each step to the end of the next.</summary>
    private sealed class HostReads(GpuDevice device) : IRunObserver
    {
        private (long Downloads, int Waits) last;

        public List<(long Downloads, int Waits)> Steps { get; } = [];

        public int CheckEvery { get; private set; }

        public void Started(RunParts parts, FreezeController freeze)
        {
            CheckEvery = freeze.Options.CheckEvery;
            last = Now();
        }

        public void Logged(MetricRow row)
        {
        }

        public void Stepped(int step, int epoch)
        {
            (long Downloads, int Waits) now = Now();
            Steps.Add((now.Downloads - last.Downloads, now.Waits - last.Waits));
            last = now;
        }

        private (long Downloads, int Waits) Now() => (device.Counters.Calls(Primitive.Download), device.WorkWaits);
    }
}
