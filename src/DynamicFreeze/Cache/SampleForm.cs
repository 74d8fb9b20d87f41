using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What a sample's values at a boundary are like.</summary>
/// <param name="Inner">Extents behind the sample's axis; of sequences, behind the tokens' axis.</param>
/// <param name="IsSequence">Whether there are as many rows as the sample has tokens: padding is not kept.</param>
internal readonly record struct SampleForm(Shape Inner, bool IsSequence)
{
    /// <summary>The form of a stage's output (n, …) or, where the batch has token ids, (n, length, …).</summary>
    public static SampleForm Of(Tensor output, int? length)
    {
        int[] extents = output.Shape.ToArray();
        bool isSequence = length is { } tokens && extents.Length > 2 && extents[1] == tokens;
        return new SampleForm(new Shape(extents[(isSequence ? 2 : 1)..]), isSequence);
    }

    /// <summary>The shape of a batch.</summary>
    /// <param name="samples">Samples.</param>
    /// <param name="length">Tokens of the longest one.</param>
    public Shape Batch(int samples, int length) => IsSequence ? new Shape([samples, length, .. Inner.ToArray()]) : new Shape([samples, .. Inner.ToArray()]);
}
