using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Order;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using ResearchFreeze.Benchmarks;

// Cases stay in the order in which they are written, and their names are shown whole.
ManualConfig config = ManualConfig.Create(DefaultConfig.Instance)
    .AddColumn(WorkColumn.All())
    .WithOrderer(new DefaultOrderer(SummaryOrderPolicy.Declared))
    .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(80));
BenchmarkSwitcher.FromAssembly(typeof(WorkBenchmark).Assembly).Run(args, config);
