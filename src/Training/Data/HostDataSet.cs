namespace ResearchFreeze.Training;

/// <summary>
/// Labelled samples in host memory. A sample's id is its index. Images stay bytes, a quarter of the memory, until a batch is made of them.
/// The arrays given are kept, not copied: do not change them.
/// </summary>
public sealed class HostDataSet
{
    private readonly byte[]? pixels;
    private readonly float[]? table;
    private readonly float[]? values;

    private HostDataSet(HostDataSet inputs, int[] labels)
    {
        (Name, ClassCount, Normalisation) = (inputs.Name, inputs.ClassCount, inputs.Normalisation);
        (SampleShape, SampleSize) = (inputs.SampleShape, inputs.SampleSize);
        (pixels, table, values) = (inputs.pixels, inputs.table, inputs.values);
        Labels = labels;
        CheckLabels();
    }

    private HostDataSet(string name, byte[]? pixels, float[]? values, int[] sampleShape, int[] labels, int classes, Normalisation? normalisation)
    {
        ArgumentNullException.ThrowIfNull(sampleShape);
        ArgumentNullException.ThrowIfNull(labels);
        if (classes <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(classes), $"{name}: the number of classes must be positive, found {classes}.");
        }
        (Name, SampleShape, Labels, ClassCount, Normalisation) = (name, [.. sampleShape], labels, classes, normalisation);
        SampleSize = SizeOf(name, SampleShape);
        (this.pixels, this.values, table) = (pixels, values, normalisation?.Table());
        long given = pixels?.Length ?? values!.Length;
        if (labels.Length == 0) throw new DataFormatException(name, "at least one sample", "none");
        if (given != (long)labels.Length * SampleSize)
        {
            throw new DataFormatException(
                name, $"{(long)labels.Length * SampleSize} values ({labels.Length} samples of {string.Join(" × ", SampleShape)})", $"{given}");
        }
        CheckLabels();
    }

    /// <summary>What errors and reports call it.</summary>
    public string Name { get; }

    /// <summary>How many samples there are.</summary>
    public int Count => Labels.Length;

    /// <summary>The shape of one sample: [height, width] for images of one channel, [features] for vectors.</summary>
    public int[] SampleShape { get; }

    /// <summary>How many values a sample has.</summary>
    public int SampleSize { get; }

    /// <summary>The class of each sample, in [0, <see cref="ClassCount"/>).</summary>
    public int[] Labels { get; }

    /// <summary>How many classes there are; not each need occur.</summary>
    public int ClassCount { get; }

    /// <summary>How pixels become inputs; null for values that are used as they are.</summary>
    public Normalisation? Normalisation { get; }

    /// <summary>Samples of real values, used as they are, sample after sample.</summary>
    /// <exception cref="DataFormatException">
    /// Lengths disagree, a label is out of range, or a value is not finite: the message names the sample and the feature.
    /// </exception>
    public static HostDataSet FromArrays(float[] values, int[] sampleShape, int[] labels, int classes, string name = "arrays")
    {
        ArgumentNullException.ThrowIfNull(values);
        var set = new HostDataSet(name, null, values, sampleShape, labels, classes, null);
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                throw new DataFormatException(
                    name, "finite values", FormattableString.Invariant($"{values[i]} at sample {i / set.SampleSize}, feature {i % set.SampleSize}"));
            }
        }
        return set;
    }

    /// <summary>Images of bytes, image after image.</summary>
    /// <exception cref="DataFormatException">Lengths disagree or a label is out of range.</exception>
    public static HostDataSet FromPixels(byte[] pixels, int[] sampleShape, int[] labels, int classes, Normalisation normalisation, string name = "images")
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentNullException.ThrowIfNull(normalisation);
        return new HostDataSet(name, pixels, null, sampleShape, labels, classes, normalisation);
    }

    /// <summary>The same samples with other labels: to show that nothing looked at the ones replaced, or for noise in them.</summary>
    /// <exception cref="DataFormatException">There are more or fewer than samples, or one is out of range.</exception>
    public HostDataSet WithLabels(int[] labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Length != Count) throw new DataFormatException(Name, $"{Count} labels, one a sample", $"{labels.Length}");
        return new HostDataSet(this, labels);
    }

    /// <summary>Writes one sample's inputs.</summary>
    public void CopySample(int id, Span<float> destination)
    {
        if ((uint)id >= (uint)Count) throw new ArgumentOutOfRangeException(nameof(id), $"{Name}: a sample's id is in [0, {Count}), found {id}.");
        int start = id * SampleSize;
        if (pixels is null)
        {
            values.AsSpan(start, SampleSize).CopyTo(destination);
            return;
        }
        ReadOnlySpan<byte> sample = pixels.AsSpan(start, SampleSize);
        destination = destination[..sample.Length];
        float[] inputs = table!;
        for (int i = 0; i < sample.Length; i++) destination[i] = inputs[sample[i]];
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Count} samples of {string.Join(" × ", SampleShape)}, {ClassCount} classes";

    private static int SizeOf(string name, int[] sampleShape)
    {
        Int128 size = sampleShape.Length == 0 ? 0 : 1;
        foreach (int length in sampleShape)
        {
            size = length <= 0 || size <= 0 ? 0 : size * length;
            if (size > Array.MaxLength) break;
        }
        if (size <= 0 || size > Array.MaxLength)
        {
            throw new DataFormatException(name, $"a sample shape of positive sizes and at most {Array.MaxLength} values", $"[{string.Join(", ", sampleShape)}]");
        }
        return (int)size;
    }

    private void CheckLabels()
    {
        for (int id = 0; id < Labels.Length; id++)
        {
            int label = Labels[id];
            if ((uint)label >= (uint)ClassCount) throw new DataFormatException(Name, $"labels in [0, {ClassCount})", $"{label} at sample {id}");
        }
    }
}
