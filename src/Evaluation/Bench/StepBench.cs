using System.Diagnostics;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>
/// Times full training steps on synthetic data: ten classes or the model's own, cross entropy, SGD with momentum 0.9 and weight decay 1e-4, with none, half (rounded down) and all but one of the
/// units frozen in front, or with every number of them. They take turns, step by step, so that a disturbance meets all of them.
/// </summary>
public static class StepBench
{
    private const int WarmUpSteps = 5;

    /// <summary>Runs the benchmark.</summary>
    /// <param name="text">The model as written.</param>
    /// <param name="spec">The model.</param>
    /// <param name="device">Where to.</param>
    /// <param name="batch">Samples a batch.</param>
    /// <param name="steps">Steps timed of each.</param>
    /// <param name="everyPrefix">Whether every number of frozen units from 0 to all but one is timed.</param>
    /// <param name="timePrimitives">Whether the time of each primitive is taken within the steps, some 30 ns a call; only on a synchronous device.</param>
    /// <param name="graphs">Whether steps are repeated as recorded, as a run's steady steps are.</param>
    /// <param name="frozenWeights">What frozen weights are kept in.</param>
    public static StepBenchResult Run(
        string text, ModelSpec spec, Device device, int batch, int steps, bool everyPrefix = false, bool timePrimitives = false, GraphUse graphs = GraphUse.Off, Precision frozenWeights = Precision.Float32)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(device);
        if (batch < 1) throw new ArgumentOutOfRangeException(nameof(batch), $"Bench: the batch size must be at least 1, found {batch}.");
        if (steps < 1) throw new ArgumentOutOfRangeException(nameof(steps), $"Bench: steps must be at least 1, found {steps}.");
        if (timePrimitives && !device.IsSynchronous)
            throw new ArgumentException($"Bench: the time of a primitive can be taken where it returns when it is done, not on {device}.", nameof(timePrimitives));
        if ((long)batch * spec.SampleShape.Count > Array.MaxLength)
            throw new ArgumentOutOfRangeException(nameof(batch), $"Bench: a batch of {batch} samples of shape {spec.SampleShape} has more than {Array.MaxLength} values.");
        string? reason = StepGraphs.WhyNot(device);
        if (graphs == GraphUse.On && reason is not null) throw new ArgumentException($"Graphs are on, and steps cannot be repeated: {reason}.");
        bool repeats = graphs != GraphUse.Off && reason is null;
        device.Counters.Rates = MachineBenchmark.Measure(device);
        int units = Count(spec);
        int[] frozen = everyPrefix ? [.. Enumerable.Range(0, units)] : [.. new[] { 0, units / 2, units - 1 }.Distinct()];
        Contender[] contenders = [.. frozen.Select(count => new Contender(spec, device, batch, count, timePrimitives ? new PrimitiveTimes() : null, repeats, frozenWeights))];
        for (int step = 0; step < WarmUpSteps; step++)
        {
            foreach (Contender contender in contenders) contender.Step(timed: false);
        }
        for (int step = 0; step < steps; step++)
        {
            foreach (Contender contender in contenders) contender.Step(timed: true);
        }
        StepBenchRow[] rows = [.. contenders.Select(contender => contender.Row(units))];
        foreach (Contender contender in contenders) contender.Dispose();
        using var process = Process.GetCurrentProcess();
        return new StepBenchResult(
            text, BenchTraining.OptimizerOf(spec), batch, device is CpuDevice cpu ? cpu.Threads : 1, device.ToString(), device.Counters.Rates, MachineBenchmark.PeakMeasure(device), rows, process.PeakWorkingSet64)
        { AreRepeated = repeats, Activations = device.SavedPrecision, FrozenWeights = frozenWeights };
    }

    private static int Count(ModelSpec spec)
    {
        using ModuleBase model = spec.Build(spec.SampleShape, spec.Classes);
        return FreezeUnit.Of(model).Count;
    }

    /// <summary>One model with a number of frozen units.</summary>
    private sealed class Contender : IDisposable
    {
        private readonly Device device;
        private readonly BenchTraining training;
        private readonly int frozenUnits;
        private readonly PrimitiveTimes? times;
        private readonly StepGraphs? graphs;
        private readonly Cost[] primitives = new Cost[PrimitiveTimes.All.Length];
        private readonly List<double> stepTimes = [];
        private readonly List<double> forwardTimes = [];
        private Cost cost;
        private long managed = long.MaxValue, saved;

        public Contender(ModelSpec spec, Device device, int batch, int frozenUnits, PrimitiveTimes? times, bool repeats, Precision frozenWeights)
        {
            this.device = device;
            this.frozenUnits = frozenUnits;
            this.times = times;
            training = new BenchTraining(spec, device, batch, frozenUnits);
            training.Optimizer.FrozenPrecision = frozenWeights;
            training.Optimizer.KeepFrozen();
            if (repeats) graphs = new StepGraphs(device);
        }

        public void Step(bool timed)
        {
            Cost before = Counted();
            device.Counters.ResetPeaks();
            foreach (Primitive primitive in PrimitiveTimes.All) primitives[(int)primitive] = device.Counters.CostOf(primitive);
            device.Counters.Clock = times?.Clock;
            device.Synchronize();
            long allocated = GC.GetTotalAllocatedBytes(precise: true), start = Stopwatch.GetTimestamp();
            try
            {
                if (graphs is not null)
                {
                    graphs.Run([], training.Batch.Tensors, training.Step).Dispose();
                }
                else
                {
                    using var scope = new Scope();
                    training.Backward();
                    training.Optimizer.Step();
                    training.Optimizer.ClearGradients();
                }
            }
            finally
            {
                device.Counters.Clock = null;
            }
            device.Synchronize();
            times?.Clock.Stop();
            double stepTime = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            managed = Math.Min(managed, GC.GetTotalAllocatedBytes(precise: true) - allocated);
            times?.StepDone(timed);
            saved = device.Counters.PeakSavedBytes;
            cost = Counted() - before;
            foreach (Primitive primitive in PrimitiveTimes.All) primitives[(int)primitive] = device.Counters.CostOf(primitive) - primitives[(int)primitive];
            start = Stopwatch.GetTimestamp();
            using (GradMode.Disable())
            using (var scope = new Scope())
            {
                training.Forward();
            }
            device.Synchronize();
            if (!timed) return;
            stepTimes.Add(stepTime);
            forwardTimes.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        public StepBenchRow Row(int units) =>
            new(
            frozenUnits, units, BenchMedian.Of(stepTimes), BenchMedian.Of(forwardTimes), cost.BoundSeconds * 1e3, cost.Flops, cost.Bytes, managed,
            [.. PrimitiveTimes.All.Where(primitive => primitives[(int)primitive].Launches > 0).Select(primitive => Row(primitive, primitives[(int)primitive]))])
            {
                SavedBytes = saved,
                WeightBytes = training.Model.Parameters().Sum(parameter => parameter.Value.Range.Storage.Bytes),
            };

        public void Dispose()
        {
            graphs?.Dispose();
            training.Dispose();
        }

        private Cost Counted()
        {
            Cost sum = default;
            foreach (CostKind kind in (ReadOnlySpan<CostKind>)[CostKind.Forward, CostKind.InputGradient, CostKind.WeightGradient, CostKind.Optimizer]) sum += device.Counters.Of(kind);
            return sum;
        }

        private PrimitiveBenchRow Row(Primitive primitive, Cost cost) =>
            new(primitive, cost.Launches, cost.Flops, cost.Bytes, cost.BoundSeconds * 1e3, times?.Milliseconds(primitive));
    }
}
