using ResearchFreeze.Autograd;

namespace ResearchFreeze.Data;

/// <summary>
/// Sets a square of an image to 0, a channel's mean (DeVries and Taylor, "Improved regularization of convolutional neural networks with cutout", 2017). Its centre is any pixel, so that it may reach over the border.
/// </summary>
public sealed class Cutout : IAugmentation
{
    /// <param name="side">Pixels a side.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not positive.</exception>
    public Cutout(int side)
    {
        if (side < 1) throw new ArgumentOutOfRangeException(nameof(side), $"Cutout: the side must be at least 1, found {side}.");
        Side = side;
    }

    /// <summary>Pixels a side.</summary>
    public int Side { get; }

    /// <inheritdoc/>
    public void Check(Shape sample)
    {
        if (Side > Math.Min(sample[0], sample[1])) throw new ShapeException($"Cutout: a square of {Side}×{Side} pixels does not fit an image of shape {sample}.");
    }

    /// <inheritdoc/>
    public void Apply(ref AugmentationRandom random, Shape sample, ReadOnlySpan<float> from, Span<float> to)
    {
        from.CopyTo(to);
        int height = sample[0], width = sample[1], channels = sample[2];
        int top = random.NextInt32(height) - (Side / 2), left = random.NextInt32(width) - (Side / 2);
        int first = Math.Max(0, left), count = Math.Min(width, left + Side) - first;
        for (int y = Math.Max(0, top); y < Math.Min(height, top + Side); y++) to.Slice(((y * width) + first) * channels, count * channels).Clear();
    }
}
