using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;

namespace ResearchFreeze.BenchmarkDotNet;

/// <summary>A number of <see cref="StepCost"/> in a report. It is no column of its own: the table has it relative to the baseline.</summary>
internal sealed class StepMetric(string id, string unit, string legend) : IMetricDescriptor
{
    public static StepMetric Operations { get; } = new("StepOperations", "", "Nominal operations of products in a step, 2·M·N·K");

    public static StepMetric Bytes { get; } = new("StepBytes", "B", "Bytes that the primitives of a step read and write, each operand once");

    public static StepMetric PredictedSeconds { get; } = new("StepPredictedSeconds", "s", "Σ max(operations / peak, bytes / bandwidth) over the primitives of a step");

    public static StepMetric SavedActivations { get; } = new("StepSavedActivations", "B", "The most bytes that were kept for the backward pass at one time");

    public string Id => id;

    public string DisplayName => id;

    public string Legend => legend;

    public string NumberFormat => "";

    public UnitType UnitType => UnitType.Dimensionless;

    public string Unit => unit;

    public bool TheGreaterTheBetter => false;

    public int PriorityInCategory => 0;

    public bool GetIsAvailable(Metric metric) => false;

    /// <summary>The number of a case; null where it was not counted, since the case failed.</summary>
    public double? Of(BenchmarkReport? report) => report is not null && report.Metrics.TryGetValue(id, out Metric? metric) ? metric.Value : null;
}
