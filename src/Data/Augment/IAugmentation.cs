using ResearchFreeze.Autograd;

namespace ResearchFreeze.Data;

/// <summary>
/// Changes one image at random. It has no state: what it does to a sample depends on the sample and on the numbers it draws, never on other samples, and it is called on whichever thread reads. It must not allocate:
/// it runs once a sample and epoch.
/// </summary>
public interface IAugmentation
{
    /// <summary>Throws where images of this shape are none it can change. By default all are fine.</summary>
    /// <param name="sample">(height, width, channels).</param>
    /// <exception cref="ShapeException">They are.</exception>
    void Check(Shape sample)
    {
    }

    /// <summary>Writes the changed image.</summary>
    /// <param name="random">The numbers to draw: the same for the same (seed, epoch, sample id, place in the chain).</param>
    /// <param name="sample">(height, width, channels).</param>
    /// <param name="from">The image, normalised: 0 is the mean of a channel.</param>
    /// <param name="to">Where it goes; all of it is to be written. It never overlaps <paramref name="from"/>.</param>
    void Apply(ref AugmentationRandom random, Shape sample, ReadOnlySpan<float> from, Span<float> to);
}
