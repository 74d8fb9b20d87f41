using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Peers;

/// <summary>
/// Ours: the step that `freeze bench` times (gradients away, forward, cross entropy, backward, SGD with momentum 0.9 and weight decay 1e-4, or AdamW at 1e-4 with weight decay 0.01 for transformers) with a number of units frozen in
/// front.
/// </summary>
internal sealed class OurStep : IDisposable
{
    private readonly CpuDevice device;
    private readonly BenchTraining training;

    public OurStep(string model, int batch, int threads, int frozen)
    {
        device = new CpuDevice(threads);
        training = new BenchTraining(Models.Catalogue().Create(model), device, batch, frozen);
        Units = FreezeUnit.Of(training.Model).Count;
    }

    /// <summary>Units that can be frozen.</summary>
    public int Units { get; }

    public IEnumerable<Parameter> Parameters => training.Model.Parameters();

    public Batch Batch => training.Batch;

    /// <summary>Outputs and loss of the weights as they are.</summary>
    public (double[] Outputs, double Loss) Now()
    {
        using GradMode.Restore mode = GradMode.Disable();
        using var scope = new Scope();
        Tensor outputs = training.Forward();
        return (outputs.ToDoubles(), Loss.CrossEntropy(outputs, Batch.Labels).Item());
    }

    /// <summary>Σ max(operations / peak, bytes / bandwidth) over a step's primitives, in milliseconds: what no arithmetic of the definition's can go below on this machine.</summary>
    public double BoundMilliseconds()
    {
        device.Counters.Rates = MachineBenchmark.Measure(device);
        double before = BoundSeconds();
        Step();
        return (BoundSeconds() - before) * 1e3;
    }

    public void Step()
    {
        using var scope = new Scope();
        training.Backward();
        training.Optimizer.Step();
        training.Optimizer.ClearGradients();
    }

    public void Dispose()
    {
        training.Dispose();
        device.Dispose();
    }

    private double BoundSeconds() => Enum.GetValues<CostKind>().Sum(kind => device.Counters.Of(kind).BoundSeconds);
}
