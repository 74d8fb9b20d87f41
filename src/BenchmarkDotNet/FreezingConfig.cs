using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Reports;

namespace ResearchFreeze.BenchmarkDotNet;

/// <summary>The columns, the order and the diagnosers of a <see cref="FreezingBenchmark"/>; its table fits 120 columns.</summary>
public sealed class FreezingConfig : ManualConfig
{
    private const int WidestName = 60;
    private static readonly TimeSpan BuildPatience = TimeSpan.FromMinutes(10);

    /// <summary>Makes it.</summary>
    public FreezingConfig()
    {
        AddColumn(FreezingColumn.All);
        // Managed memory alone: what tensors take is native, and among the other columns.
        AddDiagnoser(new MemoryDiagnoser(new MemoryDiagnoserConfig(displayGenColumns: false)), new FreezingDiagnoser());
        // The method says nothing that the case does not, and a spread beside the error is one number too many for the width.
        HideColumns(Column.Method, Column.StdDev, Column.Median, Column.RatioSD, Column.AllocRatio);
        WithOrderer(new ModelOrder());
        // A busy machine can take longer for the generated program than the default of two minutes, and then every case fails.
        WithBuildTimeout(BuildPatience);
        WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(WidestName));
    }
}
