using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace ResearchFreeze.BenchmarkDotNet;

/// <summary>A number of a case's step beside the baseline's: <c>NA</c> where one of them failed, no column where it applies to no case.</summary>
internal sealed class FreezingColumn(string name, string legend, StepMetric metric, Func<double, double, string> show) : IColumn
{
    private const double Mebi = 1 << 20;

    /// <summary>All of them, in the order of the table.</summary>
    public static IColumn[] All { get; } =
    [
        new FreezingColumn("Predicted", "Predicted ratio: the step's roofline time, Σ max(operations / peak, bytes / bandwidth) over its primitives, over the baseline's", StepMetric.PredictedSeconds,
            (value, baseline) => Text(value / baseline, "F2")),
        new FreezingColumn("Ops saved", "The part of the baseline's operations (of products, forward pass included) that the step does not do", StepMetric.Operations, Saved),
        new FreezingColumn("Bytes saved", "The part of the baseline's bytes that the step does not read and write", StepMetric.Bytes, Saved),
        new FreezingColumn("Activations", "The most memory that was kept for the backward pass at one time", StepMetric.SavedActivations, (value, _) => $"{Text(value / Mebi, "F2")} MiB"),
    ];

    public string Id => $"{nameof(FreezingColumn)}.{name}";

    public string ColumnName => name;

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => legend;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public bool IsAvailable(Summary summary) => summary.Reports.Any(report => metric.Of(report) is not null);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, summary.Style);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) =>
        metric.Of(summary[benchmarkCase]) is { } value && summary.GetBaseline(summary.GetLogicalGroupKey(benchmarkCase)) is { } baseline && metric.Of(summary[baseline]) is { } full
            ? show(value, full)
            : "NA";

    private static string Saved(double value, double baseline) => baseline == 0 ? "-" : $"{Text(100 * (1 - (value / baseline)), "F1")} %";

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
