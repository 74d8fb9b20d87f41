using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Benchmarks;

/// <summary>A class of cases on the CPU: one <see cref="Work"/> after another, with all processors.</summary>
[HideColumns(Column.Method)]
public abstract class WorkBenchmark
{
    private CpuDevice device = null!;
    private Operands operands = null!;
    private Action run = null!;

    /// <summary>The cases, in the order of the table.</summary>
    public abstract IEnumerable<Work> Works { get; }

    [ParamsSource(nameof(Works), Priority = 0)]
    public Work Work { get; set; } = null!;

    /// <summary>Threads of the device; the columns find a parameter of this name and take all processors where there is none.</summary>
    protected virtual int DeviceThreads => Environment.ProcessorCount;

    [GlobalSetup]
    public void Setup()
    {
        device = new CpuDevice(DeviceThreads);
        operands = new Operands(device);
        run = Work.Prepare(operands);
    }

    [Benchmark]
    public void Run() => run();

    [GlobalCleanup]
    public void Cleanup()
    {
        operands.Dispose();
        device.Dispose();
    }
}
