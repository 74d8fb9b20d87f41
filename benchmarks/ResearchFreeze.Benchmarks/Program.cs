using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using ResearchFreeze.Benchmarks;

// A case's name is shown whole.
ManualConfig config = ManualConfig.Create(DefaultConfig.Instance)
    .AddColumn(WorkColumn.All())
    .WithOrderer(new DeclaredOrder())
    .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(80));
IEnumerable<Summary> summaries = BenchmarkSwitcher.FromAssembly(typeof(WorkBenchmark).Assembly).Run(args, config);

// A case that throws leaves an NA in its table; a script sees the exit code only.
return summaries.Any(summary => summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success)) ? 1 : 0;
