using System.Globalization;
using BenchmarkDotNet.Running;
using ResearchFreeze.Autograd;
using ResearchFreeze.BenchmarkDotNet;

namespace ResearchFreeze.Benchmarks;

/// <summary>
/// What a case costs and what this machine could do, both found out in the host process, since the child that is timed prints only times: the case is run twice and counted by the device's counters, the rates
/// are measured for each number of threads, the best of several times since no disturbance makes them higher.
/// </summary>
internal sealed class WorkCosts
{
    private readonly Dictionary<int, MachineRates> rates = [];
    private readonly Dictionary<(Work Work, int Threads), Cost> costs = [];

    /// <summary>The rates in use, for the legend.</summary>
    public string Rates => rates.Count == 0 ? "" : $" ({string.Join("; ", rates.OrderBy(entry => entry.Key).Select(entry => string.Create(CultureInfo.InvariantCulture,
        $"threads {entry.Key}: {entry.Value.FlopsPerSecond / 1e9:F1} GFLOP/s, {entry.Value.BytesPerSecond / 1e9:F1} GB/s")))})";

    /// <summary>The cost of a case and the rates of its device, or null for a benchmark that is no <see cref="WorkBenchmark"/>.</summary>
    public (Cost Cost, MachineRates Rates)? Of(BenchmarkCase benchmark)
    {
        if (benchmark.Parameters[nameof(WorkBenchmark.Work)] is not Work work) return null;
        int threads = benchmark.Parameters[nameof(KernelBenchmark.Threads)] is int given ? given : Environment.ProcessorCount;
        if (!costs.TryGetValue((work, threads), out Cost cost))
        {
            using var device = new CpuDevice(threads);
            if (!rates.TryGetValue(threads, out MachineRates measured)) rates.Add(threads, measured = StepCost.Measure(device));
            costs.Add((work, threads), cost = work.CostOn(device, measured));
        }
        return (cost, rates[threads]);
    }
}
