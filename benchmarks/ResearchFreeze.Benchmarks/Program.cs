using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Reports;
using ResearchFreeze.BenchmarkDotNet;
using ResearchFreeze.Benchmarks;

// A case's name is shown whole.
ManualConfig config = ManualConfig.Create(DefaultConfig.Instance)
    .AddColumn(WorkColumn.All())
    .WithOrderer(new DeclaredOrder())
    .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(80));
return FreezingBenchmarks.Run(typeof(WorkBenchmark).Assembly, args, config);
