using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>Bytes of the whole process are counted: nothing else may run.</summary>
[Collection("Alone")]
public class TrainerMemoryTests(ITestOutputHelper output)
{
    private const int WarmUp = 20;
    private const int Steps = 20;
    private const long Limit = 16 << 10;

    [Theory]
    [InlineData("mlp:784,256,256,256,10", 128)]
    [InlineData("cnn", 32)]
    [InlineData("resnet:20", 8)]
    [InlineData("resnet:110", 2)]
    public void ASteadyStepAllocatesAtMost16KilobytesOfManagedMemory(string text, int batch)
    {
        var catalogues = new RunCatalogues();
        ModelSpec spec = catalogues.Models.Create(text);
        using var device = new CpuDevice(2);
        using var model = (Sequential)spec.Build(spec.SampleShape, spec.Classes);
        model.Initialize(device, 42);
        using var optimizer = new Sgd(model, new Cosine(0.05f, 1000), momentum: 0.9f, weightDecay: 1e-4f) { ClipNorm = 1 };
        Policy policy = catalogues.Policies.Create(Policies.Default);
        using var freeze = new FreezeController(model, optimizer, policy.Criterion, policy.Rule, null, policy.Options(1000) with { CheckEvery = 1000 });
        using var outer = new Scope();
        (Tensor flat, IntTensor labels) = Networks.Batch(device, batch, spec.SampleShape.Count, spec.Classes);
        Tensor inputs = flat.Reshape([batch, .. spec.SampleShape.ToArray()]);
        for (int i = 0; i < WarmUp; i++) Step();
        long thread = GC.GetAllocatedBytesForCurrentThread(), total = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < Steps; i++) Step();
        thread = (GC.GetAllocatedBytesForCurrentThread() - thread) / Steps;
        total = (GC.GetTotalAllocatedBytes(precise: true) - total) / Steps;
        output.WriteLine($"{text}: managed bytes a step: {thread} on the thread, {total} in the process");
        Assert.InRange(thread, 0, Limit);
        Assert.InRange(total, 0, Limit);

        void Step()
        {
            using var scope = new Scope();
            Tensor loss = Loss.CrossEntropy(model.Forward(inputs), labels);
            loss.Backward();
            freeze.Step();
        }
    }

    /// <summary>Handles of gradients and of what a block makes and drops are used again. What is left a block is the handle of its result, which a chain hands to whoever comes next.</summary>
    [Fact]
    public void ADeeperNetworkAllocatesAHandleABlockAndNothingBehindIt()
    {
        (long forward, long backward) shallow = Bytes(20), deep = Bytes(56);
        output.WriteLine($"forward, backward: resnet:20 {shallow}, resnet:56 {deep}");
        Assert.Equal((0, 0), (shallow.backward, deep.backward));
        // 18 blocks more.
        Assert.InRange((deep.forward - shallow.forward) / 18, 0, 128);

        static (long, long) Bytes(int depth)
        {
            ModelSpec spec = new RunCatalogues().Models.Create($"resnet:{depth}");
            using var device = new CpuDevice(1);
            using var model = (Sequential)spec.Build(spec.SampleShape, spec.Classes);
            model.Initialize(device, 42);
            using var outer = new Scope();
            (Tensor flat, IntTensor labels) = Networks.Batch(device, 2, spec.SampleShape.Count, spec.Classes);
            Tensor inputs = flat.Reshape([2, .. spec.SampleShape.ToArray()]);
            (long forward, long backward) found = (0, 0);
            for (int i = 0; i < 4; i++)
            {
                using var scope = new Scope();
                long start = GC.GetAllocatedBytesForCurrentThread();
                Tensor loss = Loss.CrossEntropy(model.Forward(inputs), labels);
                long between = GC.GetAllocatedBytesForCurrentThread();
                loss.Backward();
                found = (between - start, GC.GetAllocatedBytesForCurrentThread() - between);
                model.ClearGradients();
            }
            return found;
        }
    }

    [Fact]
    public void AStepOfTheTrainerStaysBelowThatWithItsDataAndLogging()
    {
        var observer = new Bytes(8, 28);
        RunSettings settings = SmallRun.Settings with { Epochs = 1, BatchSize = 16, Policy = "adaptive:checks=1", Threads = 2 };
        SmallRun.Parts(settings).Dispose();
        using RunParts parts = SmallRun.Parts(settings, SmallRun.Data(16 * 32));
        new Trainer(parts, null, observer).Run(TestContext.Current.CancellationToken);
        output.WriteLine($"managed bytes a step of the trainer: {observer.PerStep}");
        Assert.InRange(observer.PerStep, 1, Limit);
    }

    [Theory]
    [InlineData("never", "sgd")]
    [InlineData("static:1", "sgd")]
    [InlineData(SmallRun.Eager, "adamw")]
    public void LiveBytesReturnToWhereTheyBegan(string policy, string optimizer)
    {
        using RunParts parts = SmallRun.Parts(SmallRun.Settings with { Policy = policy, Optimizer = optimizer });
        long elements = parts.Model.Parameters().Sum(parameter => (long)parameter.Shape.Count);
        Assert.Equal(parts.Device.Counters.LiveBytes, parts.Device.Counters.Live(MemoryKind.Parameter));
        new Trainer(parts).Run(TestContext.Current.CancellationToken);
        foreach (MemoryKind kind in (ReadOnlySpan<MemoryKind>)[MemoryKind.Activation, MemoryKind.Gradient]) Assert.Equal((kind, 0), (kind, parts.Device.Counters.Live(kind)));
        Assert.Equal(0, parts.Device.Counters.SavedBytes);
        Assert.InRange(parts.Device.Counters.LiveBytes, 4 * elements, 4 * 4 * elements);
        parts.Dispose();
        Assert.Equal(0, parts.Device.Counters.LiveBytes);
    }

    [Fact]
    public void AnInterruptedRunLeavesNothingAliveEither()
    {
        using RunParts parts = SmallRun.Parts(SmallRun.Settings);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        RunResult result = new Trainer(parts).Run(stop.Token);
        Assert.Equal((1, true), (result.Steps, result.IsCancelled));
        parts.Dispose();
        Assert.Equal(0, parts.Device.Counters.LiveBytes);
    }

    [Fact]
    public void TheBenchmarkCountsWhatItTimesAndGivesItsMemoryBack()
    {
        using var device = new CpuDevice(1);
        StepBenchResult result = StepBench.Run("mlp:20,16,16,16,10", new RunCatalogues().Models.Create("mlp:20,16,16,16,10"), device, 8, 12);
        Assert.Equal([(0, 4), (2, 4), (3, 4)], result.Rows.Select(row => (row.FrozenUnits, row.Units)));
        // Products: forward, weight gradients, and input gradients down to the first unit that trains.
        long[] layers = [20 * 16, 16 * 16, 16 * 16, 16 * 10];
        long[] expected = [.. new[] { 0, 2, 3 }.Select(frozen => 2 * 8 * (layers.Sum() + layers[frozen..].Sum() + layers[(frozen + 1)..].Sum()))];
        Assert.Equal(expected, result.Rows.Select(row => row.Flops));
        Assert.All(result.Rows, row => Assert.InRange(row.ManagedBytesPerStep, 1, Limit));   // handles of tensors, at least
        Assert.Equal(0, device.Counters.LiveBytes);
    }

    [Fact]
    public void TheBenchmarksPrimitivesAddUpToItsSteps()
    {
        using var device = new CpuDevice(1);
        StepBenchResult result = StepBench.Run("cnn", new RunCatalogues().Models.Create("cnn"), device, 2, 2, everyPrefix: true, timePrimitives: true);
        Assert.Equal(Enumerable.Range(0, result.Rows[0].Units), result.Rows.Select(row => row.FrozenUnits));
        foreach (StepBenchRow row in result.Rows)
        {
            Assert.Equal((row.Flops, row.Bytes), (row.Primitives.Sum(primitive => primitive.Flops), row.Primitives.Sum(primitive => primitive.Bytes)));
            Assert.Equal(row.PredictedMilliseconds, row.Primitives.Sum(primitive => primitive.PredictedMilliseconds), 1e-9);
            Assert.All(row.Primitives, primitive => Assert.True(primitive.Calls > 0 && primitive.Milliseconds > 0));
        }
        // One optimizer update a parameter that trains, and no product without operations.
        long[] updates = [.. result.Rows.Select(row => row.Primitives.Single(primitive => primitive.Primitive == Primitive.Sgd).Calls)];
        Assert.Equal(updates.OrderDescending(), updates);
        Assert.True(updates[0] > updates[^1]);
        Assert.Null(device.Counters.Clock);
    }

    /// <summary>Counts the process's managed bytes between two steps.</summary>
    private sealed class Bytes(int from, int to) : IRunObserver
    {
        private long start;

        public long PerStep { get; private set; }

        public void Started(RunParts parts, FreezeController freeze)
        {
        }

        public void Logged(MetricRow row)
        {
        }

        public void Stepped(int step, int epoch)
        {
            if (step == from) start = GC.GetTotalAllocatedBytes(precise: true);
            if (step == to) PerStep = (GC.GetTotalAllocatedBytes(precise: true) - start) / (to - from);
        }
    }
}
