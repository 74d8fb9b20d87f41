using BenchmarkDotNet.Attributes;

namespace ResearchFreeze.Benchmarks;

/// <summary>Cases of single primitives, with one thread and with all processors.</summary>
public abstract class KernelBenchmark : WorkBenchmark
{
    public IEnumerable<int> ThreadCounts => new[] { 1, Environment.ProcessorCount }.Distinct();

    [ParamsSource(nameof(ThreadCounts), Priority = 1)]
    public int Threads { get; set; }

    protected override int DeviceThreads => Threads;
}
