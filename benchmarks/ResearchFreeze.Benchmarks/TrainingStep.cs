using BenchmarkDotNet.Attributes;
using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Benchmarks;

/// <summary>
/// A training step of <c>mlp:784,512,512,512,10</c>, batch 128, SGD with momentum and decay, by the number of units frozen in front. What should be seen: the step falls towards the forward pass;
/// memory allocated stays the same few kilobytes. Run with <c>dotnet run -c Release --project benchmarks/ResearchFreeze.Benchmarks -- --filter '*TrainingStep*'</c>.
/// </summary>
[MemoryDiagnoser]
public class TrainingStep
{
    private const int BatchSize = 128;
    private CpuDevice device = null!;
    private Sequential model = null!;
    private Sgd optimizer = null!;
    private Tensor inputs = null!;
    private IntTensor labels = null!;

    [Params(0, 1, 2, 3)]
    public int FrozenUnits { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        device = new CpuDevice();
        model = Models.Mlp(784, 512, 512, 512, 10);
        model.Initialize(device, 1);
        foreach (FreezeUnit unit in FreezeUnit.Of(model).Take(FrozenUnits))
        {
            foreach (Parameter parameter in unit.Parameters) parameter.IsFrozen = true;
        }
        optimizer = new Sgd(model, new Constant(0.01f), momentum: 0.9f, weightDecay: 1e-4f);
        var random = new RandomStream(1, "benchmark");
        var values = new float[BatchSize * 784];
        for (int i = 0; i < values.Length; i++) values[i] = (float)random.NextNormal();
        var classes = new int[BatchSize];
        for (int i = 0; i < classes.Length; i++) classes[i] = random.NextInt32(10);
        inputs = Tensor.From(device, values, [BatchSize, 784]);
        labels = IntTensor.From(device, classes);
    }

    [Benchmark]
    public void Step()
    {
        using var scope = new Scope();
        Loss.CrossEntropy(model.Forward(inputs), labels).Backward();
        optimizer.Step();
        optimizer.ClearGradients();
    }

    [Benchmark]
    public void Forward()
    {
        using var mode = GradMode.Disable();
        using var scope = new Scope();
        model.Forward(inputs);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        inputs.Dispose();
        labels.Dispose();
        optimizer.Dispose();
        model.Dispose();
        device.Dispose();
    }
}
