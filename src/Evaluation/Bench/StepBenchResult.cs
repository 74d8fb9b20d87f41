using ResearchFreeze.Autograd;

namespace ResearchFreeze.Evaluation;

/// <summary>What <see cref="StepBench"/> found.</summary>
/// <param name="Model">The model's spec.</param>
/// <param name="Optimizer">What updates the weights.</param>
/// <param name="Batch">Samples a batch.</param>
/// <param name="Threads">The device's threads.</param>
/// <param name="Device">The device, in words.</param>
/// <param name="Rates">The machine's constants behind the predictions.</param>
/// <param name="PeakMeasure">What the peak was measured by.</param>
/// <param name="Rows">One row for nothing, half and all but one of the units frozen, or for every number of them.</param>
/// <param name="PeakBytes">The process's peak working set.</param>
public sealed record StepBenchResult(
    string Model, string Optimizer, int Batch, int Threads, string Device, MachineRates Rates, string PeakMeasure, IReadOnlyList<StepBenchRow> Rows, long PeakBytes)
{
    /// <summary>Whether steps were repeated as recorded, and not taken by the code.</summary>
    public bool AreRepeated { get; init; }

    /// <summary>What activations were kept in for the backward pass.</summary>
    public Precision Activations { get; init; }

    /// <summary>What frozen weights were kept in.</summary>
    public Precision FrozenWeights { get; init; }

    /// <summary>A step's time over the full step's.</summary>
    public double MeasuredFraction(StepBenchRow row) => row.StepMilliseconds / Rows[0].StepMilliseconds;

    /// <summary>A step's bound over the full step's.</summary>
    public double PredictedFraction(StepBenchRow row) => row.PredictedMilliseconds / Rows[0].PredictedMilliseconds;

    /// <summary>How far the measured fraction is from the predicted one: measured / predicted − 1.</summary>
    public double Deviation(StepBenchRow row) => (MeasuredFraction(row) / PredictedFraction(row)) - 1;
}
