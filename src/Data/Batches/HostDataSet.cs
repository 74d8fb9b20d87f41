using ResearchFreeze.Autograd;

namespace ResearchFreeze.Data;

/// <summary>
/// Labelled samples in host memory: images, values, or token ids. Images stay bytes, a quarter of the memory, until a batch is made of them. A sample's id is its place in the set it was first part of: a part or a choice of classes shares the
/// values of that set and keeps its ids. The arrays given are kept, not copied: do not change them.
/// </summary>
public sealed partial class HostDataSet
{
    private readonly byte[]? pixels;
    private readonly float[]? table;
    private readonly float[]? values;
    private readonly float[]? targets;

    // The id of each sample; null: they are its indices.
    private readonly int[]? ids;

    private HostDataSet(HostDataSet inputs, int[] labels, int classes, int[]? ids, Normalisation? normalisation, IReadOnlyList<string>? classNames)
    {
        (Name, ClassCount, Normalisation, ClassNames) = (inputs.Name, classes, normalisation, classNames);
        (SampleShape, SampleSize) = (inputs.SampleShape, inputs.SampleSize);
        (pixels, values, tokens, targets, this.ids) = (inputs.pixels, inputs.values, inputs.tokens, inputs.targets, ids);
        (TargetCount, TargetNames, TargetNormalisation) = (inputs.TargetCount, inputs.TargetNames, inputs.TargetNormalisation);
        InputNames = inputs.InputNames;
        Labels = labels;
        if (labels.Length == 0) throw new DataFormatException(Name, "at least one sample", "none");
        CheckLabels();
        CheckChannels();
        table = pixels is null || normalisation == inputs.Normalisation ? inputs.table : normalisation!.Table();
    }

    private HostDataSet(HostDataSet inputs, float[] targets, int targetCount, IReadOnlyList<string>? names)
        : this(inputs, new int[inputs.Count], 1, inputs.ids, inputs.Normalisation, null)
    {
        (this.targets, TargetCount, TargetNames, TargetNormalisation) = (targets, targetCount, names, null);
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
        (this.pixels, this.values) = (pixels, values);
        long given = pixels?.Length ?? values!.Length;
        if (labels.Length == 0) throw new DataFormatException(name, "at least one sample", "none");
        if (given != (long)labels.Length * SampleSize)
        {
            throw new DataFormatException(
                name, $"{(long)labels.Length * SampleSize} values ({labels.Length} samples of {string.Join(" × ", SampleShape)})", $"{given}");
        }
        CheckLabels();
        CheckChannels();
        table = normalisation?.Table();
    }

    /// <summary>What errors and reports call it.</summary>
    public string Name { get; }

    /// <summary>How many samples there are.</summary>
    public int Count => Labels.Length;

    /// <summary>The shape of one sample: [height, width] for images of one channel, [height, width, channels] for others, [features] for vectors; for token ids [length], the most that a sample has.</summary>
    public int[] SampleShape { get; }

    /// <summary>How many values a sample has.</summary>
    public int SampleSize { get; }

    /// <summary>The last axis of a sample, 1 for [height, width]: what a <see cref="Data.Normalisation"/> may have constants for.</summary>
    public int Channels => SampleShape.Length == 2 ? 1 : SampleShape[^1];

    /// <summary>The class of each sample, in [0, <see cref="ClassCount"/>).</summary>
    public int[] Labels { get; }

    /// <summary>How many classes there are; not each need occur.</summary>
    public int ClassCount { get; }

    /// <summary>What the classes are called, where that is known.</summary>
    public IReadOnlyList<string>? ClassNames { get; }

    /// <summary>What the values of a sample are called, where that is known: the columns of a table.</summary>
    public IReadOnlyList<string>? InputNames { get; private init; }

    /// <summary>Whether stored values are bytes, which count as value / 255.</summary>
    public bool IsBytes => pixels is not null;

    /// <summary>How many numbers are to be predicted of a sample; 0: the data have classes.</summary>
    public int TargetCount { get; }

    /// <summary>What the numbers to predict are called, where that is known.</summary>
    public IReadOnlyList<string>? TargetNames { get; }

    /// <summary>How stored targets become those of a batch, a pair of constants each; null: they are used as they are.</summary>
    public Normalisation? TargetNormalisation { get; private init; }

    /// <summary>How many outputs a model of these data needs: one a class, or one a target; for each token where labels are of tokens.</summary>
    public int OutputCount => TargetCount > 0 ? TargetCount : TokenClassCount > 0 ? TokenClassCount : ClassCount;

    /// <summary>How stored values become inputs; null for values that are used as they are.</summary>
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

    /// <summary>Samples one by one, each with its class; they are copied.</summary>
    /// <param name="samples">The samples: each as many values as the shape has.</param>
    /// <param name="sampleShape">(features), (height, width) or (height, width, channels).</param>
    /// <param name="classes">How many classes there are.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="DataFormatException">A sample has another length, a label is out of range, or a value is not finite: the message names the sample.</exception>
    public static HostDataSet From(IEnumerable<(float[] Input, int Label)> samples, Shape sampleShape, int classes, string name = "arrays")
    {
        ArgumentNullException.ThrowIfNull(samples);
        var values = new List<float>();
        var labels = new List<int>();
        foreach ((float[] input, int label) in samples)
        {
            int length = input?.Length ?? 0;
            if (length != sampleShape.Count) throw new DataFormatException(name, $"{sampleShape.Count} values a sample, of shape {sampleShape}", $"{length} at sample {labels.Count}");
            if ((long)values.Count + length > Array.MaxLength) throw new DataFormatException(name, $"at most {Array.MaxLength} values", $"more at sample {labels.Count}");
            values.AddRange(input.AsSpan());
            labels.Add(label);
        }
        return FromArrays([.. values], sampleShape.ToArray(), [.. labels], classes, name);
    }

    /// <summary>Images of bytes, image after image, channels together (NHWC).</summary>
    /// <exception cref="DataFormatException">Lengths disagree or a label is out of range.</exception>
    public static HostDataSet FromPixels(byte[] pixels, int[] sampleShape, int[] labels, int classes, Normalisation normalisation, string name = "images")
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentNullException.ThrowIfNull(normalisation);
        return new HostDataSet(name, pixels, null, sampleShape, labels, classes, normalisation);
    }

    /// <summary>Writes one sample's targets as a batch has them.</summary>
    public void CopyTargets(int index, Span<float> destination)
    {
        CheckIndex(index);
        destination = destination[..TargetCount];
        targets.AsSpan(IdOf(index) * TargetCount, TargetCount).CopyTo(destination);
        TargetNormalisation?.Apply(destination);
    }

    /// <summary>The id of a sample by its index: its place in the set it was first part of.</summary>
    public int IdOf(int index) => ids is null ? index : ids[index];

    /// <summary>Writes one sample's inputs.</summary>
    /// <exception cref="DataFormatException">Samples are token ids.</exception>
    public void CopySample(int index, Span<float> destination)
    {
        CheckIndex(index);
        RequireValues("inputs");
        int start = IdOf(index) * SampleSize;
        destination = destination[..SampleSize];
        if (pixels is null)
        {
            values.AsSpan(start, SampleSize).CopyTo(destination);
            Normalisation?.Apply(destination);
            return;
        }
        ReadOnlySpan<byte> sample = pixels.AsSpan(start, SampleSize);
        float[] inputs = table!;
        if (inputs.Length == 256)
        {
            for (int i = 0; i < sample.Length; i++) destination[i] = inputs[sample[i]];
            return;
        }
        for (int i = 0, channel = 0; i < sample.Length; i++)
        {
            destination[i] = inputs[channel + sample[i]];
            channel += 256;
            if (channel == inputs.Length) channel = 0;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Count} samples of {ShapeText}, {(TargetCount > 0 ? $"{TargetCount} targets" : TokenClassCount > 0 ? $"{TokenClassCount} classes a token" : $"{ClassCount} classes")}";

    /// <summary>What a sample has, in words.</summary>
    internal string ShapeText => IsTokens ? $"at most {SampleSize} tokens" : string.Join(" × ", SampleShape);

    /// <summary>Mean and deviation of each channel of the stored values, in two passes over real ones: they may lie far from zero.</summary>
    internal Normalisation Measure()
    {
        RequireValues("constants of normalisation");
        var means = new double[Channels];
        var deviations = new double[Channels];
        double count = (double)Count * SampleSize / Channels;
        Sum(means, new double[Channels], 1);
        for (int channel = 0; channel < means.Length; channel++) means[channel] /= count;
        Sum(deviations, means, 2);
        for (int channel = 0; channel < means.Length; channel++) deviations[channel] = deviations[channel] > 0 && !IsConstant(channel) ? Math.Sqrt(deviations[channel] / count) : 1;
        return new Normalisation(means, deviations);
    }

    /// <summary>Whether all stored values of a channel are equal: their mean is rounded, and a difference of a last bit is no deviation.</summary>
    private bool IsConstant(int channel)
    {
        for (int index = 0; index < Count; index++)
        {
            for (int i = channel; i < SampleSize; i += Channels)
            {
                if (pixels is null ? values![(IdOf(index) * SampleSize) + i] != values[(IdOf(0) * SampleSize) + channel] : pixels[(IdOf(index) * SampleSize) + i] != pixels[(IdOf(0) * SampleSize) + channel]) return false;
            }
        }
        return true;
    }

    /// <summary>Mean and deviation of each target.</summary>
    internal Normalisation MeasureTargets()
    {
        double[] means = new double[TargetCount], deviations = new double[TargetCount];
        for (int power = 1; power <= 2; power++)
        {
            double[] sums = power == 1 ? means : deviations;
            for (int index = 0; index < Count; index++)
            {
                for (int target = 0; target < TargetCount; target++)
                {
                    double value = targets![(IdOf(index) * TargetCount) + target];
                    sums[target] += power == 1 ? value : (value - means[target]) * (value - means[target]);
                }
            }
            for (int target = 0; target < TargetCount; target++) sums[target] = power == 1 ? sums[target] / Count : sums[target] > 0 ? Math.Sqrt(sums[target] / Count) : 1;
        }
        return new Normalisation(means, deviations);
    }

    private static int SizeOf(string name, int[] sampleShape)
    {
        // A batch of them has an axis more.
        if (sampleShape.Length >= Shape.MaxRank) throw new DataFormatException(name, $"a sample shape of at most {Shape.MaxRank - 1} axes", $"{sampleShape.Length}");
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

    /// <summary>Adds (value − centre)^power to each channel's sum.</summary>
    private void Sum(double[] sums, double[] centres, int power)
    {
        for (int index = 0; index < Count; index++)
        {
            int start = IdOf(index) * SampleSize;
            for (int i = 0, channel = 0; i < SampleSize; i++)
            {
                double difference = (pixels is null ? values![start + i] : pixels[start + i] / 255.0) - centres[channel];
                sums[channel] += power == 1 ? difference : difference * difference;
                if (++channel == sums.Length) channel = 0;
            }
        }
    }

    private void CheckChannels()
    {
        if (Normalisation is not null) RequireValues("normalisation");
        if (Normalisation is { Channels: not 1 } constants && constants.Channels != Channels)
            throw new DataFormatException(Name, $"constants for 1 or {Channels} channels, as samples of {string.Join(" × ", SampleShape)} have", $"{constants.Channels}");
    }

    private void CheckLabels()
    {
        for (int index = 0; index < Labels.Length; index++)
        {
            int label = Labels[index];
            if ((uint)label >= (uint)ClassCount) throw new DataFormatException(Name, $"labels in [0, {ClassCount})", $"{label} at sample {index}");
        }
    }
}
