using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>Some samples of a data set on a device. Its tensors belong to whoever made the batch; a data set disposes them when the next one is asked for.</summary>
/// <param name="Inputs">The samples (n, …).</param>
/// <param name="Labels">One class a sample (n); where the data have <see cref="Targets"/>, zeros.</param>
/// <param name="SampleIds">The samples' places in their data set.</param>
/// <param name="AugmentationKey">Names the random augmentation of this pass over the data; 0: none.</param>
public sealed record Batch(Tensor Inputs, IntTensor Labels, ReadOnlyMemory<int> SampleIds, ulong AugmentationKey = 0)
{
    /// <summary>The numbers to predict (n, targets), normalised as the training set says; null: the data have classes.</summary>
    public Tensor? Targets { get; init; }

    /// <summary>The number of samples.</summary>
    public int Count => SampleIds.Length;
}
