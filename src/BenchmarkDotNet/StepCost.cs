using ResearchFreeze.Autograd;

namespace ResearchFreeze.BenchmarkDotNet;

/// <summary>What a training step costs, by the device's counters.</summary>
/// <param name="Operations">Nominal operations of products: 2·M·N·K.</param>
/// <param name="Bytes">Bytes that are read and written, each operand of a primitive once.</param>
/// <param name="PredictedSeconds">Σ max(operations / peak, bytes / bandwidth) over the primitives.</param>
/// <param name="SavedActivations">The most bytes that were kept for the backward pass at one time.</param>
internal sealed record StepCost(long Operations, long Bytes, double PredictedSeconds, long SavedActivations)
{
    private const int Measurements = 5;

    /// <summary>Runs two steps and counts the second: the first makes optimizer state and gradient buffers.</summary>
    public static StepCost Of(FrozenUnits frozen, Device device, MachineRates rates)
    {
        using BenchmarkedTraining training = frozen.Model.Make(device);
        frozen.Freeze(training);
        training.Step();
        device.Counters.Rates = rates;
        device.Counters.ResetPeaks();
        Cost before = Total(device.Counters);
        training.Step();
        Cost cost = Total(device.Counters) - before;
        return new StepCost(cost.Flops, cost.Bytes, cost.BoundSeconds, device.Counters.PeakSavedBytes);
    }

    /// <summary>What the device reaches, the best of several times: no disturbance makes it higher.</summary>
    public static MachineRates Measure(Device device)
    {
        MachineRates best = default;
        for (int i = 0; i < Measurements; i++)
        {
            MachineRates now = MachineBenchmark.Measure(device);
            best = new MachineRates(Math.Max(best.FlopsPerSecond, now.FlopsPerSecond), Math.Max(best.BytesPerSecond, now.BytesPerSecond));
        }
        return best;
    }

    /// <summary>All that a device has counted.</summary>
    public static Cost Total(DeviceCounters counters) => Enum.GetValues<CostKind>().Aggregate(default(Cost), (sum, kind) => sum + counters.Of(kind));
}
