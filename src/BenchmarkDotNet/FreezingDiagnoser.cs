using BenchmarkDotNet.Analysers;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Validators;
using ResearchFreeze.Autograd;
using RunMode = BenchmarkDotNet.Diagnosers.RunMode;

namespace ResearchFreeze.BenchmarkDotNet;

/// <summary>
/// Counts what a step of each case costs, and adds it to the report as metrics, which the JSON exporter writes and <see cref="FreezingColumn"/> compares with the baseline's. It counts in the host process once the case
/// was timed, since a process that is timed reports times only.
/// </summary>
public sealed class FreezingDiagnoser : IDiagnoser
{
    private MachineRates? rates;

    /// <inheritdoc/>
    public IEnumerable<string> Ids => [nameof(FreezingDiagnoser)];

    /// <inheritdoc/>
    public IEnumerable<IExporter> Exporters => [];

    /// <inheritdoc/>
    public IEnumerable<IAnalyser> Analysers => [];

    /// <summary>No run of its own.</summary>
    public RunMode GetRunMode(BenchmarkCase benchmarkCase) => RunMode.NoOverhead;

    /// <inheritdoc/>
    public void Handle(HostSignal signal, DiagnoserActionParameters parameters)
    {
    }

    /// <summary>The metrics of a case; none for a benchmark of another kind.</summary>
    public IEnumerable<Metric> ProcessResults(DiagnoserResults results)
    {
        ArgumentNullException.ThrowIfNull(results);
        if (results.BenchmarkCase.Parameters.Items.Select(item => item.Value).OfType<FrozenUnits>().FirstOrDefault() is not { } frozen) return [];
        using Device device = FreezingBenchmark.MakeDevice();
        rates ??= StepCost.Measure(device);
        StepCost cost = StepCost.Of(frozen, device, rates.Value);
        return
        [
            new Metric(StepMetric.Operations, cost.Operations), new Metric(StepMetric.Bytes, cost.Bytes),
            new Metric(StepMetric.PredictedSeconds, cost.PredictedSeconds), new Metric(StepMetric.SavedActivations, cost.SavedActivations),
        ];
    }

    /// <inheritdoc/>
    public void DisplayResults(ILogger logger)
    {
    }

    /// <inheritdoc/>
    public IEnumerable<ValidationError> Validate(ValidationParameters validationParameters) => [];
}
