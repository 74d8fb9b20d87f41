using ResearchFreeze.Data;

namespace ResearchFreeze.Images;

/// <summary>A folder with one folder a class, read into bytes.</summary>
internal sealed class ImageFolder
{
    private const int MostNamed = 5;

    private readonly ImageOptions options;
    private readonly List<string> others = [];
    private int transparent;

    public ImageFolder(ImageOptions options) => this.options = options;

    /// <summary>What somebody should know about all that was read.</summary>
    public IReadOnlyList<string> Remarks
    {
        get
        {
            var remarks = new List<string>();
            if (others.Count > 0)
                remarks.Add($"left out {others.Count} file{(others.Count == 1 ? " that is no PNG, JPEG or WebP" : "s that are no PNG, JPEG or WebP")}: {string.Join(", ", others.Take(MostNamed))}{(others.Count > MostNamed ? ", …" : "")}");
            if (transparent > 0) remarks.Add($"{transparent} image{(transparent == 1 ? " has" : "s have")} transparent pixels: they are laid over black");
            return remarks;
        }
    }

    /// <summary>The names of the folders in one, sorted by their code points; hidden ones are none.</summary>
    public static string[] ClassesIn(string folder) =>
        [.. Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)).Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal)];

    /// <summary>The images of a folder, class after class, each class in the order of its files' paths.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="classes">The classes, in their order.</param>
    /// <param name="needsAll">Whether each class must have an image.</param>
    /// <exception cref="DataFormatException">A folder is no class, a class has no image, or an image is broken.</exception>
    public (byte[] Pixels, int[] Labels) Read(string folder, string[] classes, bool needsAll)
    {
        string? unknown = ClassesIn(folder).Except(classes, StringComparer.Ordinal).FirstOrDefault();
        if (unknown is not null) throw new DataFormatException(folder, $"folders named as the training part's ({string.Join(", ", classes.Take(MostNamed))}{(classes.Length > MostNamed ? ", …" : "")})", $"'{unknown}'");
        others.AddRange(Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal));
        var files = new List<(string Path, int Label)>();
        foreach ((int label, string name) in classes.Index())
        {
            string[] all = Directory.Exists(Path.Combine(folder, name)) ? [.. FilesBelow(Path.Combine(folder, name), RealPath(Path.Combine(folder, name), Path.GetFullPath(folder))).Order(StringComparer.Ordinal)] : [];
            others.AddRange(all.Where(path => !ImageFile.IsImage(path)));
            int before = files.Count;
            files.AddRange(all.Where(ImageFile.IsImage).Select(path => (path, label)));
            if (needsAll && files.Count == before) throw new DataFormatException(Path.Combine(folder, name), "at least one image of PNG, JPEG or WebP", "none");
        }
        if (files.Count == 0) throw new DataFormatException(folder, "at least one image of PNG, JPEG or WebP in a folder of a class", "none");
        long bytes = (long)files.Count * SampleBytes;
        if (bytes > Array.MaxLength) throw new DataFormatException(folder, $"at most {Array.MaxLength / SampleBytes} images of this size", $"{files.Count}");
        var pixels = new byte[bytes];
        for (int i = 0; i < files.Count; i++) Sample(files[i].Path).CopyTo(pixels.AsSpan(i * SampleBytes));
        return (pixels, [.. files.Select(file => file.Label)]);
    }

    /// <summary>Files of a folder and of those below it. A link that leads back would give images again, under another class even.</summary>
    private static IEnumerable<string> FilesBelow(string folder, string real)
    {
        foreach (string file in Directory.EnumerateFiles(folder)) yield return file;
        foreach (string below in Directory.EnumerateDirectories(folder))
        {
            string at = RealPath(below, real);
            if ($"{real}{Path.DirectorySeparatorChar}".StartsWith($"{at}{Path.DirectorySeparatorChar}", StringComparison.Ordinal)) throw new DataFormatException(below, "a folder below a class's", "a link that leads back to one above it");
            foreach (string file in FilesBelow(below, at)) yield return file;
        }
    }

    private static string RealPath(string folder, string realParent) => new DirectoryInfo(folder).ResolveLinkTarget(returnFinalTarget: true)?.FullName.TrimEnd(Path.DirectorySeparatorChar) ?? Path.Combine(realParent, Path.GetFileName(folder));

    private int SampleBytes => options.Size * options.Size * (options.Grey ? 1 : 3);

    private byte[] Sample(string path)
    {
        Raster square = ImageFile.Read(path, out bool isTransparent).Square(options.Size);
        if (isTransparent) transparent++;
        return (options.Grey ? square.Luma() : square).Pixels;
    }
}
