using ResearchFreeze.Autograd;

namespace ResearchFreeze.Data;

/// <summary>Some samples of <see cref="TensorData"/> on a device.</summary>
/// <param name="Inputs">The inputs (n, …).</param>
/// <param name="Targets">The targets (n, …).</param>
/// <param name="SampleIds">The samples' places in their set.</param>
public sealed record TensorBatch(Tensor Inputs, Tensor Targets, ReadOnlyMemory<int> SampleIds)
{
    /// <summary>The number of samples.</summary>
    public int Count => SampleIds.Length;
}
