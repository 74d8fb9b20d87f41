using ResearchFreeze.Autograd;

namespace ResearchFreeze.Data;

/// <summary>Mirrors an image, left to right, every second time.</summary>
public sealed class RandomFlip : IAugmentation
{
    /// <inheritdoc/>
    public void Apply(ref AugmentationRandom random, Shape sample, ReadOnlySpan<float> from, Span<float> to)
    {
        if ((random.NextUInt32() & 1) == 0)
        {
            from.CopyTo(to);
            return;
        }
        int width = sample[1], channels = sample[2], pixels = sample[0] * width;
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            int x = pixel % width, mirrored = pixel - x + (width - 1 - x);
            from.Slice(pixel * channels, channels).CopyTo(to[(mirrored * channels)..]);
        }
    }
}
