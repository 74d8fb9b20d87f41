using ResearchFreeze.Autograd;
using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>What <see cref="ProfileBench"/> found.</summary>
/// <param name="Model">The model's spec.</param>
/// <param name="Optimizer">What updates the weights.</param>
/// <param name="Batch">Samples a batch.</param>
/// <param name="Device">The device, in words.</param>
/// <param name="Rates">The machine's constants behind the limits.</param>
/// <param name="PeakMeasure">What the peak was measured by.</param>
/// <param name="Profile">The kernels and the times.</param>
public sealed record ProfileBenchResult(string Model, string Optimizer, int Batch, string Device, MachineRates Rates, string PeakMeasure, StepProfile Profile);

/// <summary>Takes the times of the kernels of a training step with nothing frozen, on a GPU.</summary>
public static class ProfileBench
{
    /// <summary>Runs the benchmark.</summary>
    /// <param name="text">The model as written.</param>
    /// <param name="spec">The model.</param>
    /// <param name="device">Where to.</param>
    /// <param name="batch">Samples a batch.</param>
    /// <param name="steps">How many times each time is taken.</param>
    /// <exception cref="ArgumentException">The device does its commands at once: it has no kernels to tell apart.</exception>
    public static ProfileBenchResult Run(string text, ModelSpec spec, Device device, int batch, int steps)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(device);
        if (batch < 1) throw new ArgumentOutOfRangeException(nameof(batch), $"Bench: the batch size must be at least 1, found {batch}.");
        if (steps < 1) throw new ArgumentOutOfRangeException(nameof(steps), $"Bench: steps must be at least 1, found {steps}.");
        // Before anything is measured.
        if (StepGraphs.WhyNot(device) is { } reason) throw new ArgumentException($"Profile: {reason}.");
        device.Counters.Rates = MachineBenchmark.Measure(device);
        using var training = new BenchTraining(spec, device, batch, 0);
        StepProfile profile = StepProfile.Measure(device, training.Batch.Tensors, training.Step, steps);
        return new ProfileBenchResult(text, BenchTraining.OptimizerOf(spec), batch, device.ToString(), device.Counters.Rates, MachineBenchmark.PeakMeasure(device), profile);
    }
}
