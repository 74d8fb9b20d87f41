using ResearchFreeze.Autograd;

namespace ResearchFreeze.Data;

/// <summary>Moves an image by −pixels … pixels rows and as many columns, each equally likely. What comes in from outside is 0, a channel's mean.</summary>
public sealed class RandomShift : IAugmentation
{
    /// <param name="pixels">The most rows or columns.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not positive.</exception>
    public RandomShift(int pixels)
    {
        if (pixels < 1) throw new ArgumentOutOfRangeException(nameof(pixels), $"Shift: the most pixels must be at least 1, found {pixels}.");
        Pixels = pixels;
    }

    /// <summary>The most rows or columns.</summary>
    public int Pixels { get; }

    /// <inheritdoc/>
    public void Check(Shape sample)
    {
        if (Pixels >= Math.Min(sample[0], sample[1])) throw new ShapeException($"Shift: by up to {Pixels} pixels, but an image of shape {sample} may have nothing left.");
    }

    /// <inheritdoc/>
    public void Apply(ref AugmentationRandom random, Shape sample, ReadOnlySpan<float> from, Span<float> to)
    {
        int down = random.NextInt32((2 * Pixels) + 1) - Pixels, right = random.NextInt32((2 * Pixels) + 1) - Pixels;
        int height = sample[0], width = sample[1], channels = sample[2], row = width * channels;
        int kept = (width - Math.Abs(right)) * channels, source = Math.Max(0, -right) * channels, target = Math.Max(0, right) * channels;
        for (int y = 0; y < height; y++)
        {
            Span<float> line = to.Slice(y * row, row);
            line.Clear();
            if ((uint)(y - down) < (uint)height) from.Slice(((y - down) * row) + source, kept).CopyTo(line[target..]);
        }
    }
}
