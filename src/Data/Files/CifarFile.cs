namespace ResearchFreeze.Data;

/// <summary>A binary CIFAR format: how many label bytes a record begins with, which of them is the class, and how many classes there are.</summary>
internal sealed record CifarKind(string Name, int LabelBytes, int LabelAt, int Classes)
{
    public int RecordSize => LabelBytes + CifarFile.ImageSize;
}

/// <summary>
/// Reads binary CIFAR files (Krizhevsky, "Learning multiple layers of features from tiny images", 2009): records without a header, each a label byte (CIFAR-100: a coarse, then a fine one) and 32 × 32 pixels as a red,
/// a green and a blue plane. Planes become channels (NHWC).
/// </summary>
internal static class CifarFile
{
    public const int ImageSize = Side * Side * Channels;
    private const int Side = 32;
    private const int Channels = 3;
    private const int MostNameBytes = 1 << 16;

    public static readonly CifarKind Ten = new("CIFAR-10", 1, 0, 10);
    public static readonly CifarKind HundredFine = new("CIFAR-100", 2, 1, 100);
    public static readonly CifarKind HundredCoarse = new("CIFAR-100", 2, 0, 20);

    /// <summary>The images of some files, one after another.</summary>
    /// <exception cref="FileNotFoundException">One is not there.</exception>
    /// <exception cref="DataFormatException">One is empty or not made of whole records, or a label is out of range.</exception>
    public static LabelledImages Read(CifarKind kind, params string[] paths)
    {
        long total = 0;
        foreach (string path in paths) total += CountRecords(kind, path);
        if (total * ImageSize > Array.MaxLength) throw new DataFormatException(paths[0], $"at most {Array.MaxLength / ImageSize} images in all", $"{total}");
        var pixels = new byte[total * ImageSize];
        var labels = new int[total];
        int read = 0;
        foreach (string path in paths) read += ReadFile(kind, path, pixels.AsSpan(read * ImageSize), labels.AsSpan(read));
        return new LabelledImages(paths[0], pixels, [Side, Side, Channels], labels);
    }

    /// <summary>A name a class, one a line.</summary>
    public static string[] Names(CifarKind kind, string path)
    {
        long length = new FileInfo(path).Length;
        if (length > MostNameBytes) throw new DataFormatException(path, $"at most {MostNameBytes} bytes of names", $"{length}");
        string[] names = [.. File.ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0)];
        if (names.Length != kind.Classes) throw new DataFormatException(path, $"{kind.Classes} names, one a line", $"{names.Length}");
        return names;
    }

    private static long CountRecords(CifarKind kind, string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists) throw new FileNotFoundException($"{path}: no such file; expected the binary version of {kind.Name}.", path);
        if (file.Length == 0 || file.Length % kind.RecordSize != 0)
            throw new DataFormatException(path, $"whole {kind.Name} records of {kind.RecordSize} bytes, at least one", $"{file.Length} bytes");
        return file.Length / kind.RecordSize;
    }

    /// <summary>Fills as many images as the file has and gives their number.</summary>
    private static int ReadFile(CifarKind kind, string path, Span<byte> pixels, Span<int> labels)
    {
        using FileStream file = File.OpenRead(path);
        Span<byte> record = stackalloc byte[kind.RecordSize];
        int count = 0;
        for (; file.ReadAtLeast(record, record.Length, throwOnEndOfStream: false) == record.Length; count++)
        {
            if (count == labels.Length) throw new DataFormatException(path, "the length it had when it was opened", "more");
            int label = record[kind.LabelAt];
            if (label >= kind.Classes) throw new DataFormatException(path, $"labels in [0, {kind.Classes})", $"{label} in record {count}");
            labels[count] = label;
            Interleave(record[kind.LabelBytes..], pixels.Slice(count * ImageSize, ImageSize));
        }
        return count;
    }

    private static void Interleave(ReadOnlySpan<byte> planes, Span<byte> image)
    {
        for (int channel = 0; channel < Channels; channel++)
        {
            ReadOnlySpan<byte> plane = planes.Slice(channel * Side * Side, Side * Side);
            for (int i = 0; i < plane.Length; i++) image[(i * Channels) + channel] = plane[i];
        }
    }
}
