namespace ResearchFreeze.Data;

/// <summary>
/// How stored values become inputs: (value − mean) / deviation, where a byte of an image counts as pixel / 255. One pair of constants a channel (the last axis of a sample), or one pair for all. Computed from the
/// training set alone and used for all three sets (0.286 and 0.353 for Fashion-MNIST), so that nothing of validation or test reaches training; or given.
/// </summary>
public sealed class Normalisation : IEquatable<Normalisation>
{
    private readonly double[] means;
    private readonly double[] deviations;

    /// <summary>One pair for all channels.</summary>
    /// <exception cref="ArgumentException">The mean is not finite, or the deviation not positive and finite.</exception>
    public Normalisation(double mean, double deviation)
        : this([mean], [deviation])
    {
    }

    /// <summary>A pair for each channel.</summary>
    /// <exception cref="ArgumentException">There is none, or not as many of one as of the other; a mean is not finite, or a deviation not positive and finite.</exception>
    public Normalisation(ReadOnlySpan<double> means, ReadOnlySpan<double> deviations)
    {
        if (means.IsEmpty || means.Length != deviations.Length)
            throw new ArgumentException($"Normalisation: expected a mean and a deviation for each channel, found {means.Length} and {deviations.Length}.");
        foreach (double mean in means)
        {
            if (!double.IsFinite(mean)) throw new ArgumentException(FormattableString.Invariant($"Normalisation: a mean must be finite, found {mean}."));
        }
        foreach (double deviation in deviations)
        {
            if (!(deviation > 0 && double.IsFinite(deviation)))
                throw new ArgumentException(FormattableString.Invariant($"Normalisation: a deviation must be positive and finite, found {deviation}."));
        }
        (this.means, this.deviations) = ([.. means], [.. deviations]);
    }

    /// <summary>For how many channels there are constants; 1: the same for all.</summary>
    public int Channels => means.Length;

    /// <summary>Mean of each channel over the training set; of bytes, of pixel / 255.</summary>
    public IReadOnlyList<double> Means => means;

    /// <summary>Standard deviation of each channel over the training set; 1 where all values are equal.</summary>
    public IReadOnlyList<double> Deviations => deviations;

    /// <summary>The constants of these pixels, whose channels alternate. Sums are of integers, hence exact and free of any order.</summary>
    public static Normalisation Of(ReadOnlySpan<byte> pixels, int channels = 1)
    {
        CheckChannels(pixels.Length, channels);
        var (means, deviations) = (new double[channels], new double[channels]);
        for (int channel = 0; channel < channels; channel++)
        {
            long sum = 0, squares = 0;
            for (long i = channel; i < pixels.Length; i += channels)       // beyond the last pixel there may be no int
            {
                int pixel = pixels[(int)i];
                sum += pixel;
                squares += pixel * pixel;
            }
            int count = Math.Max(1, pixels.Length / channels);
            double mean = (double)sum / count;
            double variance = ((double)squares / count) - (mean * mean);
            (means[channel], deviations[channel]) = (mean / 255, variance <= 0 ? 1 : Math.Sqrt(variance) / 255);
        }
        return new Normalisation(means, deviations);
    }

    /// <summary>The constants of a set's stored values, whatever it is normalised with: one pair a channel.</summary>
    public static Normalisation Of(HostDataSet data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return data.Measure();
    }

    /// <summary>The constants of a set's targets, a pair each.</summary>
    public static Normalisation OfTargets(HostDataSet data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return data.MeasureTargets();
    }

    /// <inheritdoc/>
    public bool Equals(Normalisation? other) => other is not null && means.AsSpan().SequenceEqual(other.means) && deviations.AsSpan().SequenceEqual(other.deviations);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Normalisation);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(means.Length, means[0], deviations[0]);

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"mean {string.Join('+', means)}, deviation {string.Join('+', deviations)}");

    /// <summary>The input for each of the 256 pixel values, channel after channel: a look-up is faster than the formula, and rounds the same everywhere.</summary>
    internal float[] Table()
    {
        var table = new float[256 * Channels];
        for (int i = 0; i < table.Length; i++) table[i] = (float)(((i % 256 / 255.0) - means[i / 256]) / deviations[i / 256]);
        return table;
    }

    /// <summary>Normalises real values in place; their channels alternate.</summary>
    internal void Apply(Span<float> values)
    {
        for (int i = 0, channel = 0; i < values.Length; i++)
        {
            values[i] = (float)((values[i] - means[channel]) / deviations[channel]);
            if (++channel == means.Length) channel = 0;
        }
    }

    private static void CheckChannels(int values, int channels)
    {
        if (channels <= 0 || values % channels != 0)
            throw new ArgumentOutOfRangeException(nameof(channels), $"Normalisation: {values} values are not made of {channels} channels.");
    }
}
