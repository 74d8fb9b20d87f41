using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>A second set of a model's weights on its device: the ones that were best on validation data.</summary>
internal sealed class WeightCopy(ModuleBase model) : IDisposable
{
    private readonly Parameter[] parameters = [.. model.Parameters()];
    private readonly List<Tensor> copies = [];

    /// <summary>Takes over the model's present weights.</summary>
    public void Take()
    {
        DeviceCounters counters = parameters[0].Value.Device.Counters;
        CostKind kind = counters.Kind;
        counters.Kind = CostKind.Other;
        for (int i = 0; i < parameters.Length; i++)
        {
            Device device = parameters[i].Value.Device;
            if (copies.Count <= i) copies.Add(Tensor.Empty(device, parameters[i].Shape, MemoryKind.Statistic));
            device.Copy(parameters[i].Value.Range, copies[i].Range);
        }
        counters.Kind = kind;
    }

    /// <summary>Exchanges the copy and the model's weights; again to undo it.</summary>
    public void Swap()
    {
        if (copies.Count == 0) return;
        DeviceCounters counters = copies[0].Device.Counters;
        CostKind kind = counters.Kind;
        counters.Kind = CostKind.Other;
        for (int i = 0; i < copies.Count; i++)
        {
            TensorRange weights = parameters[i].Value.Range;
            Device device = weights.Storage.Device;
            using Tensor held = Tensor.Empty(device, parameters[i].Shape, MemoryKind.Statistic);
            device.Copy(weights, held.Range);
            device.Copy(copies[i].Range, weights);
            device.Copy(held.Range, copies[i].Range);
        }
        counters.Kind = kind;
    }

    public void Dispose() => copies.ForEach(copy => copy.Dispose());
}
