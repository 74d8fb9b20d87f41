using ResearchFreeze.Autograd;

namespace ResearchFreeze.Data;

/// <summary>No change of its own: with it in a chain each image comes in so many versions alone, one epoch after another and again from the first, so that a forward cache can keep them.</summary>
public sealed class Variants : IAugmentation
{
    /// <summary>So many versions of each image.</summary>
    public Variants(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        Count = count;
    }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <inheritdoc/>
    public void Check(Shape image)
    {
    }

    /// <inheritdoc/>
    public void Apply(ref AugmentationRandom random, Shape image, ReadOnlySpan<float> from, Span<float> to) => from.CopyTo(to);
}
