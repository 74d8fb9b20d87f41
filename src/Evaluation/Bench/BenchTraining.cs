using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>A model, an optimizer and one seeded batch of noise, with a number of units frozen in front.</summary>
internal sealed class BenchTraining : IDisposable
{
    private readonly Tensor inputs;
    private readonly IntTensor labels;

    public BenchTraining(ModelSpec spec, Device device, int batch, int frozenUnits)
    {
        Model = spec.On(device, spec.SampleShape, spec.Classes, 1) as Module ?? throw new ArgumentException("Bench: synthetic batches are tensors, and the model takes something else.");
        foreach (FreezeUnit unit in FreezeUnit.Of(Model).Take(frozenUnits))
        {
            foreach (Parameter parameter in unit.Parameters) parameter.IsFrozen = true;
        }
        Optimizer = new Sgd(Model, new Constant(0.01f), momentum: 0.9f, weightDecay: 1e-4f);
        (inputs, labels) = Batch(spec, device, batch);
    }

    public Module Model { get; }

    public Optimizer Optimizer { get; }

    public Tensor Forward() => Model.Forward(inputs);

    public Tensor CrossEntropy() => Loss.CrossEntropy(Forward(), labels);

    public void Backward() => CrossEntropy().Backward();

    /// <summary>The same samples as a probe batch.</summary>
    public ProbeBatch Probe()
    {
        const int Samples = 32;
        int rows = Math.Min(Samples, inputs.Shape[0]);
        var classes = new int[labels.Shape.Count];
        labels.Device.Download(labels.Range, classes);
        float[] values = inputs.ToArray()[..(inputs.Shape.Count / inputs.Shape[0] * rows)];
        return new ProbeBatch(Model, Tensor.From(inputs.Device, values, [rows, .. inputs.Shape.ToArray()[1..]]), IntTensor.From(inputs.Device, classes[..rows]));
    }

    public void Dispose()
    {
        inputs.Dispose();
        labels.Dispose();
        Optimizer.Dispose();
        Model.Dispose();
    }

    private static (Tensor Inputs, IntTensor Labels) Batch(ModelSpec spec, Device device, int batch)
    {
        var random = new RandomStream(1, "bench");
        var values = new float[batch * spec.SampleShape.Count];
        for (int i = 0; i < values.Length; i++) values[i] = (float)random.NextNormal();
        var classes = new int[batch];
        for (int i = 0; i < batch; i++) classes[i] = random.NextInt32(spec.Classes);
        Tensor inputs = Tensor.From(device, values, [batch, .. spec.SampleShape.ToArray()]);
        IntTensor labels = IntTensor.From(device, classes);
        inputs.Detach();
        labels.Detach();
        return (inputs, labels);
    }
}
