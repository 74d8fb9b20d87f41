using System.IO.Compression;
using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Training;

/// <summary>A folder of its own for a test, deleted at the end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("researchfreeze-").FullName;

    public string Write(string name, byte[] content)
    {
        string path = Path.Combine(Root, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>Images whose pixels tell which image they are of, and their labels.</summary>
    public void WritePart(string part, int count, Func<int, int> label, int height = 2, int width = 3, bool compress = false)
    {
        byte[] pixels = [.. Enumerable.Range(0, count * height * width).Select(i => (byte)(i / (height * width)))];
        byte[] labels = [.. Enumerable.Range(0, count).Select(i => (byte)label(i))];
        string end = compress ? ".gz" : "";
        IdxFile.Write(Path.Combine(Root, $"{part}-images-idx3-ubyte{end}"), new IdxData([count, height, width], pixels), compress);
        IdxFile.Write(Path.Combine(Root, $"{part}-labels-idx1-ubyte{end}"), new IdxData([count], labels), compress);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    public static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true)) gzip.Write(content);
        return packed.ToArray();
    }
}
