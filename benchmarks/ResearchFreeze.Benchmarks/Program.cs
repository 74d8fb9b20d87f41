using BenchmarkDotNet.Running;
using ResearchFreeze.Benchmarks;

BenchmarkSwitcher.FromAssembly(typeof(TrainingStep).Assembly).Run(args);
