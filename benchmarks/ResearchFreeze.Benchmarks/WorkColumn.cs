using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Benchmarks;

/// <summary>A column from a case's cost, the machine's rates and the mean time in seconds; a dash where it does not apply, no column where it applies to no case.</summary>
internal sealed class WorkColumn(string name, string format, string legend, WorkCosts costs, Func<Cost, MachineRates, double, double?> value) : IColumn
{
    public string Id => $"{nameof(WorkColumn)}.{name}";

    public string ColumnName => name;

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => legend + (format.StartsWith('P') ? costs.Rates : "");

    /// <summary>All of them, in the order of the table.</summary>
    public static IColumn[] All()
    {
        var costs = new WorkCosts();
        return
        [
            new WorkColumn("MFLOP", "F2", "Nominal operations of products, 2·M·N·K, in millions", costs, (cost, _, _) => cost.Flops == 0 ? null : cost.Flops / 1e6),
            new WorkColumn("MB", "F3", "Bytes that the primitives read and write, each operand once, in millions", costs, (cost, _, _) => cost.Bytes / 1e6),
            new WorkColumn("GFLOP/s", "F1", "MFLOP over the mean", costs, (cost, _, seconds) => Rate(cost.Flops, seconds)),
            new WorkColumn("of peak", "P0", "GFLOP/s over what multiply-adds on registers reach with as many threads", costs, (cost, rates, seconds) => Rate(cost.Flops, seconds) * 1e9 / rates.FlopsPerSecond),
            new WorkColumn("GB/s", "F1", "MB over the mean, for work without products", costs, (cost, _, seconds) => cost.Flops > 0 ? null : Rate(cost.Bytes, seconds)),
            new WorkColumn(
                "of bandwidth", "P0", "GB/s over a copy's of 32 MiB; what stays in a cache can exceed it", costs,
                (cost, rates, seconds) => cost.Flops > 0 ? null : Rate(cost.Bytes, seconds) * 1e9 / rates.BytesPerSecond),
            new WorkColumn(
                "of bound", "P0", "Σ max(operations / peak, bytes / bandwidth) over the primitives, over the mean", costs, (cost, _, seconds) => cost.Launches > 0 ? cost.BoundSeconds / seconds : null),
        ];
    }

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public bool IsAvailable(Summary summary) => summary.BenchmarksCases.Any(benchmark => ValueOf(summary, benchmark) is not null);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, summary.Style);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style)
    {
        if (summary[benchmarkCase]?.ResultStatistics is null) return "NA";
        return ValueOf(summary, benchmarkCase)?.ToString(format, CultureInfo.InvariantCulture) ?? "-";
    }

    /// <summary>A case that did not run to its end is not run here either: it would end the report of the others.</summary>
    private double? ValueOf(Summary summary, BenchmarkCase benchmark) =>
        summary[benchmark]?.ResultStatistics is { } statistics && costs.Of(benchmark) is { } found ? value(found.Cost, found.Rates, statistics.Mean / 1e9) : null;

    /// <summary>Billions a second; null for none.</summary>
    private static double? Rate(long amount, double seconds) => amount == 0 ? null : amount / 1e9 / seconds;
}
