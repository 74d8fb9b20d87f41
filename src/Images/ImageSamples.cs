using ResearchFreeze.Data;

namespace ResearchFreeze.Images;

/// <summary>Images without labels, to be predicted: one file, or those of a folder in the order of their names.</summary>
public static class ImageSamples
{
    /// <summary>Whether a path is an image file, or a folder with one.</summary>
    public static bool Are(string path) => Directory.Exists(path) ? Directory.EnumerateFiles(path).Any(ImageFile.IsImage) : ImageFile.IsImage(path);

    /// <summary>Reads them as a run's training images were: the shorter side resized, the middle square kept, grey where they were.</summary>
    /// <param name="path">An image file, or a folder.</param>
    /// <param name="sampleShape">The shape of a training image: (height, width) or (height, width, 1 or 3), square.</param>
    /// <returns>The set, and the names of the files.</returns>
    /// <exception cref="IOException">It is missing, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public static (HostDataSet Samples, IReadOnlyList<string> Names) Read(string path, IReadOnlyList<int> sampleShape)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(sampleShape);
        if (sampleShape.Count is not (2 or 3) || sampleShape[0] != sampleShape[1] || (sampleShape.Count == 3 && sampleShape[2] is not (1 or 3)))
            throw new DataFormatException(path, "a model that was trained on square images of one or three channels", $"one of samples of {string.Join(" × ", sampleShape)}");
        bool isGrey = sampleShape.Count == 2 || sampleShape[2] == 1;
        string[] files = Directory.Exists(path) ? [.. Directory.GetFiles(path).Where(ImageFile.IsImage).Order(StringComparer.Ordinal)] : File.Exists(path) ? [path] : throw new FileNotFoundException($"{path}: no such file.", path);
        if (files.Length == 0) throw new DataFormatException(path, "at least one image", "none");
        var pixels = new List<byte>();
        foreach (string file in files)
        {
            Raster square = ImageFile.Read(file, out _).Square(sampleShape[0]);
            pixels.AddRange((isGrey ? square.Luma() : square).Pixels);
        }
        return (HostDataSet.FromPixels([.. pixels], [.. sampleShape], new int[files.Length], 1, new Normalisation(0, 1), path), [.. files.Select(file => Path.GetFileName(file))]);
    }
}
