using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Peers;

/// <summary>Ours: a full training step (gradients away, forward, cross entropy, backward, SGD with momentum 0.9 and weight decay 1e-4) with a number of units frozen in front.</summary>
internal sealed class OurStep : IDisposable
{
    private readonly CpuDevice device;
    private readonly Sequential model;
    private readonly Sgd optimizer;
    private readonly Tensor inputs;
    private readonly IntTensor labels;

    public OurStep(string model, int batch, int threads, int frozen)
    {
        ModelSpec spec = Models.Catalogue().Create(model);
        device = new CpuDevice(threads);
        this.model = spec.Build(spec.SampleShape, spec.Classes);
        this.model.Initialize(device, 1);
        foreach (FreezeUnit unit in FreezeUnit.Of(this.model).Take(frozen))
        {
            foreach (Parameter parameter in unit.Parameters) parameter.IsFrozen = true;
        }
        optimizer = new Sgd(this.model, new Constant(0.01f), momentum: 0.9f, weightDecay: 1e-4f);
        (double[] values, int[] classes) = SeededData.Patterns(1, batch, spec.SampleShape.Count, spec.Classes, 1);
        inputs = Tensor.From(device, values, [batch, .. spec.SampleShape.ToArray()]);
        labels = IntTensor.From(device, classes);
        Units = FreezeUnit.Of(this.model).Count;
    }

    /// <summary>Units that can be frozen.</summary>
    public int Units { get; }

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
        Loss.CrossEntropy(model.Forward(inputs), labels).Backward();
        optimizer.Step();
        optimizer.ClearGradients();
    }

    private double BoundSeconds() => Enum.GetValues<CostKind>().Sum(kind => device.Counters.Of(kind).BoundSeconds);

    public void Dispose()
    {
        inputs.Dispose();
        labels.Dispose();
        optimizer.Dispose();
        model.Dispose();
        device.Dispose();
    }
}
