namespace ResearchFreeze.Plots;

/// <summary>Which pictures of some runs are drawn into which files, found before anything is drawn.</summary>
/// <param name="Drawn">The pictures.</param>
/// <param name="Missing">What cannot be drawn, and why, a line each.</param>
/// <param name="Format">The files' form.</param>
public sealed record PicturePlan(IReadOnlyList<PlannedPicture> Drawn, IReadOnlyList<string> Missing, PictureFormat Format)
{
    /// <summary>All pictures, where one is named.</summary>
    public const string Everything = "all";

    private const string Folder = "plots";
    private static readonly string[] Formats = ["png", "svg"];

    // What is asked for by such a name is no folder.
    private static readonly string[] OtherFormats = [".pdf", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".eps"];

    /// <summary>Plans pictures. Without a place each is written beside its run, into <c>RUN/plots</c>; what compares runs beside the first.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="name">A picture's name, or <c>all</c>: those that the runs have data for.</param>
    /// <param name="place">A folder, or for one picture a file that ends with <c>.png</c> or <c>.svg</c>; null: beside the runs.</param>
    /// <param name="format"><c>png</c> or <c>svg</c>; null: as the file's name says, or png.</param>
    /// <param name="overwrites">Whether files that are there are replaced.</param>
    /// <exception cref="ArgumentException">A name is unknown, the picture asked for cannot be drawn, or nothing can; or the file's name does not fit.</exception>
    /// <exception cref="IOException">A file is there already.</exception>
    public static PicturePlan Of(IReadOnlyList<PlottedRun> runs, string name = Everything, string? place = null, string? format = null, bool overwrites = false)
    {
        ArgumentNullException.ThrowIfNull(runs);
        ArgumentNullException.ThrowIfNull(name);
        if (runs.Count == 0) throw new ArgumentException("there is no run to draw.");
        Picture[] pictures = [.. Picture.All.Where(picture => name == Everything ? runs.Any(picture.IsOf) : picture.Name == name)];
        if (pictures.Length == 0) throw new ArgumentException($"picture '{name}' is unknown; known are {Everything}, {string.Join(", ", Picture.All.Select(picture => picture.Name))}.");
        string? file = place is not null && FormatOf(place) is not null ? place : null;
        string ending = Ending(place, file, format);
        var drawn = new List<PlannedPicture>();
        var missing = new List<string>();
        IReadOnlyList<string> names = PlottedRun.Names(runs);
        foreach (Picture picture in pictures)
        {
            PlottedRun[] fitting = [.. runs.Where(run => name != Everything || picture.IsOf(run))];
            if (picture.Compares) Add(picture, fitting, fitting.Length == 1 ? names[runs.ToList().IndexOf(fitting[0])] : $"{fitting.Length} runs", fitting.Length == 1 ? picture.Name : $"{picture.Name}-{fitting.Length}-runs");
            // In a folder that is not the run's, its name tells its pictures from others'.
            else for (int i = 0; i < runs.Count; i++) if (fitting.Contains(runs[i])) Add(picture, [runs[i]], names[i], place is null || runs.Count == 1 ? picture.Name : $"{names[i].Replace('/', '-')}-{picture.Name}");
        }
        if (missing.Count > 0 && (name != Everything || drawn.Count == 0)) throw new ArgumentException($"{missing[0]}.");
        if (file is not null && drawn.Count > 1) throw new ArgumentException($"'{file}' is one file, and there are {drawn.Count} pictures; give a folder, or --picture and one run.");
        Check(drawn, overwrites);
        return new PicturePlan(drawn, missing, ending == "svg" ? PictureFormat.Svg : PictureFormat.Png);

        void Add(Picture picture, IReadOnlyList<PlottedRun> shown, string of, string fileName)
        {
            if (picture.Lacks(shown) is { } lack) missing.Add($"{picture.Name} of {of} cannot be drawn: {lack}");
            else drawn.Add(new PlannedPicture(picture, shown, file ?? Path.Combine(place ?? Path.Combine(shown[0].Folder, Folder), $"{fileName}.{ending}")));
        }
    }

    /// <summary>Draws a picture of the plan, and makes its folder if need be.</summary>
    /// <param name="planned">The picture.</param>
    /// <param name="width">Pixels from left to right.</param>
    /// <param name="overwrites">Whether a file that is there is replaced.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(PlannedPicture planned, int width, bool overwrites)
    {
        ArgumentNullException.ThrowIfNull(planned);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(planned.Path))!);
        planned.Picture.Write(planned.Runs, planned.Path, width, Format, overwrites);
    }

    private static string? FormatOf(string path) => Formats.FirstOrDefault(format => path.EndsWith($".{format}", StringComparison.OrdinalIgnoreCase));

    private static string Ending(string? place, string? file, string? format)
    {
        if (format is not null && !Formats.Contains(format)) throw new ArgumentException($"format '{format}' is unknown; known are {string.Join(", ", Formats)}.");
        if (place is not null && OtherFormats.FirstOrDefault(other => place.EndsWith(other, StringComparison.OrdinalIgnoreCase)) is { } unknown)
            throw new ArgumentException($"'{place}': pictures are not written as {unknown}; known are {string.Join(", ", Formats)}.");
        if (file is null) return format ?? Formats[0];
        string named = FormatOf(file)!;
        return format is null || format == named ? named : throw new ArgumentException($"'{file}' is no {format} file; give one of --out and --format, or both alike.");
    }

    /// <summary>All files are looked at before the first is written.</summary>
    private static void Check(List<PlannedPicture> drawn, bool overwrites)
    {
        foreach (PlannedPicture planned in drawn)
        {
            if (Directory.Exists(planned.Path)) throw new IOException($"'{planned.Path}' is a folder, expected a file to write.");
            if (!overwrites && File.Exists(planned.Path)) throw new IOException($"'{planned.Path}' is there already; give another place, or --overwrite.");
            if (drawn.Count(other => other.Path == planned.Path) > 1) throw new ArgumentException($"two pictures would be written into '{planned.Path}'; give runs whose folders have different names.");
        }
    }
}
