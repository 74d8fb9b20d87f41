namespace ResearchFreeze.Data;

/// <summary>An images file and its labels file, read and matched: what sets are made of.</summary>
internal sealed record LabelledImages(string Name, byte[] Pixels, int[] SampleShape, int[] Labels)
{
    /// <summary>The file of the images, where they have one of their own.</summary>
    public string ImagesName { get; init; } = Name;

    private int SampleSize => Pixels.Length / Labels.Length;

    public static LabelledImages From(IdxData images, string imagesName, IdxData labels, string labelsName)
    {
        if (labels.Values.Length != images.Dimensions[0])
        {
            throw new DataFormatException(labelsName, $"{images.Dimensions[0]} labels, as many as {imagesName} has images", $"{labels.Values.Length}");
        }
        return new LabelledImages(labelsName, images.Values, images.Dimensions[1..], Array.ConvertAll(labels.Values, label => (int)label)) { ImagesName = imagesName };
    }

    /// <summary>The images with these ids, copied, in this order.</summary>
    public LabelledImages Select(ReadOnlySpan<int> ids)
    {
        var pixels = new byte[ids.Length * SampleSize];
        var labels = new int[ids.Length];
        for (int i = 0; i < ids.Length; i++)
        {
            Pixels.AsSpan(ids[i] * SampleSize, SampleSize).CopyTo(pixels.AsSpan(i * SampleSize));
            labels[i] = Labels[ids[i]];
        }
        return this with { Pixels = pixels, Labels = labels };
    }

    /// <summary>The constants of the pixels, a pair a channel.</summary>
    public Normalisation Measure() => Normalisation.Of(Pixels, SampleShape.Length == 2 ? 1 : SampleShape[^1]);

    public HostDataSet ToSet(int classes, Normalisation normalisation) => HostDataSet.FromPixels(Pixels, SampleShape, Labels, classes, normalisation, Name);
}
