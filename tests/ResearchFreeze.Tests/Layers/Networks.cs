using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests;

/// <summary>Small networks and batches that several tests train.</summary>
internal static class Networks
{
    /// <summary>Linear layers with ReLU between them, named fc1, fc2, …</summary>
    public static Sequential Mlp(Device device, params int[] widths)
    {
        var layers = new (string, Module)[widths.Length - 1];
        for (int i = 0; i < layers.Length; i++)
            layers[i] = ($"fc{i + 1}", new Linear(widths[i], widths[i + 1], activation: i == layers.Length - 1 ? Activation.None : Activation.Relu));
        var model = new Sequential(layers);
        model.Initialize(device, 1);
        return model;
    }

    /// <summary>A seeded batch; belongs to the open scope.</summary>
    public static (Tensor Inputs, IntTensor Labels) Batch(Device device, int rows, int features, int classes, int index = 0)
    {
        var random = new RandomStream(7, $"batch{index}");
        var values = new float[rows * features];
        var labels = new int[rows];
        for (int i = 0; i < values.Length; i++) values[i] = (float)random.NextNormal();
        for (int i = 0; i < labels.Length; i++) labels[i] = random.NextInt32(classes);
        return (Tensor.From(device, values, [rows, features]), IntTensor.From(device, labels));
    }

    /// <summary>Forward and backward of one batch; returns the loss.</summary>
    public static double Backward(Sequential model, Device device, int rows, int features, int classes, int index = 0)
    {
        using var scope = new Scope();
        (Tensor inputs, IntTensor labels) = Batch(device, rows, features, classes, index);
        Tensor loss = Loss.CrossEntropy(model.Forward(inputs), labels);
        loss.Backward();
        return loss.Item();
    }

    public static double[] Bits(Parameter parameter) => Values(parameter.Value);

    public static double[] Values(Tensor tensor)
    {
        var values = new double[tensor.Shape.Count];
        tensor.CopyTo(values);
        return values;
    }
}
