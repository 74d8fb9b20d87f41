using System.Diagnostics;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>A full training step and a forward pass with this many units frozen in front.</summary>
/// <param name="FrozenUnits">Units frozen, from the input on.</param>
/// <param name="Units">Units of the model.</param>
/// <param name="StepMilliseconds">Median of forward, backward and optimizer.</param>
/// <param name="ForwardMilliseconds">Median of a forward pass without gradients.</param>
/// <param name="PredictedMilliseconds">Σ max(operations / peak, bytes / bandwidth) over the step's primitives.</param>
/// <param name="Flops">Nominal operations of a step.</param>
/// <param name="Bytes">Bytes that a step reads and writes.</param>
/// <param name="ManagedBytesPerStep">Managed memory that a step allocates.</param>
public sealed record StepBenchRow(
    int FrozenUnits, int Units, double StepMilliseconds, double ForwardMilliseconds, double PredictedMilliseconds, long Flops, long Bytes, long ManagedBytesPerStep);

/// <summary>What <see cref="StepBench"/> found.</summary>
/// <param name="Model">The model's spec.</param>
/// <param name="Batch">Samples a batch.</param>
/// <param name="Threads">The device's threads.</param>
/// <param name="Device">The device, in words.</param>
/// <param name="Rates">The machine's constants behind the predictions.</param>
/// <param name="Rows">One row for nothing, half and all but one of the units frozen.</param>
/// <param name="PeakBytes">The process's peak working set.</param>
public sealed record StepBenchResult(string Model, int Batch, int Threads, string Device, MachineRates Rates, IReadOnlyList<StepBenchRow> Rows, long PeakBytes);

/// <summary>
/// Times full training steps on synthetic data: ten classes or the model's own, cross entropy, SGD with momentum 0.9 and weight decay 1e-4, with none, half (rounded down) and all but one of the
/// units frozen in front. The three take turns, step by step, so that a disturbance meets all of them.
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
    public static StepBenchResult Run(string text, ModelSpec spec, Device device, int batch, int steps)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(device);
        if (batch < 1) throw new ArgumentOutOfRangeException(nameof(batch), $"Bench: the batch size must be at least 1, found {batch}.");
        if (steps < 1) throw new ArgumentOutOfRangeException(nameof(steps), $"Bench: steps must be at least 1, found {steps}.");
        if ((long)batch * spec.SampleShape.Count > Array.MaxLength)
            throw new ArgumentOutOfRangeException(nameof(batch), $"Bench: a batch of {batch} samples of shape {spec.SampleShape} has more than {Array.MaxLength} values.");
        device.Counters.Rates = MachineBenchmark.Measure(device);
        int units = Count(spec);
        int[] frozen = [.. new[] { 0, units / 2, units - 1 }.Distinct()];
        Contender[] contenders = [.. frozen.Select(count => new Contender(spec, device, batch, count))];
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
            text, batch, device is CpuDevice cpu ? cpu.Threads : 1, device.ToString(), device.Counters.Rates, rows, process.PeakWorkingSet64);
    }

    private static int Count(ModelSpec spec)
    {
        using Sequential model = spec.Build(spec.SampleShape, spec.Classes);
        return FreezeUnit.Of(model).Count;
    }

    /// <summary>One model with a number of frozen units.</summary>
    private sealed class Contender : IDisposable
    {
        private readonly Device device;
        private readonly BenchTraining training;
        private readonly int frozenUnits;
        private readonly List<double> stepTimes = [];
        private readonly List<double> forwardTimes = [];
        private Cost cost;
        private long managed = long.MaxValue;

        public Contender(ModelSpec spec, Device device, int batch, int frozenUnits)
        {
            this.device = device;
            this.frozenUnits = frozenUnits;
            training = new BenchTraining(spec, device, batch, frozenUnits);
        }

        public void Step(bool timed)
        {
            Cost before = Counted();
            device.Synchronize();
            long allocated = GC.GetTotalAllocatedBytes(precise: true), start = Stopwatch.GetTimestamp();
            using (var scope = new Scope())
            {
                training.Backward();
                training.Optimizer.Step();
                training.Optimizer.ClearGradients();
            }
            device.Synchronize();
            double stepTime = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            managed = Math.Min(managed, GC.GetTotalAllocatedBytes(precise: true) - allocated);
            cost = Counted() - before;
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
            new(frozenUnits, units, Median(stepTimes), Median(forwardTimes), cost.BoundSeconds * 1e3, cost.Flops, cost.Bytes, managed);

        public void Dispose() => training.Dispose();

        private Cost Counted()
        {
            Cost sum = default;
            foreach (CostKind kind in (ReadOnlySpan<CostKind>)[CostKind.Forward, CostKind.InputGradient, CostKind.WeightGradient, CostKind.Optimizer]) sum += device.Counters.Of(kind);
            return sum;
        }

        private static double Median(List<double> values)
        {
            values.Sort();
            int middle = values.Count / 2;
            return values.Count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
        }
    }
}
