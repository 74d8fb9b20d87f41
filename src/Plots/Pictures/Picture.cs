using ResearchFreeze.Layers;

namespace ResearchFreeze.Plots;

/// <summary>A kind of picture.</summary>
public abstract class Picture
{
    /// <summary>The least width at which every picture can be read.</summary>
    public const int LeastWidth = 400;

    /// <summary>The most pixels from left to right.</summary>
    public const int MostWidth = 8000;

    private protected Picture()
    {
    }

    /// <summary>All kinds.</summary>
    public static IReadOnlyList<Picture> All { get; } = [new CurvesPicture(), new ScoresPicture(), new TimelinePicture(), new LedgerPicture(), new AccuracyPicture(), new ConfusionPicture(), new CalibrationPicture(), new AtlasPicture(), new PricesPicture()];

    /// <summary>Its name on the command line and in files' names.</summary>
    public abstract string Name { get; }

    /// <summary>Whether one picture shows several runs; otherwise each run has its own.</summary>
    public virtual bool Compares => false;

    /// <summary>Whether it is a picture of such a folder at all: of a run, or of an atlas.</summary>
    internal virtual bool IsOf(PlottedRun run) => run.Atlas is null;

    /// <summary>What the runs lack to be drawn, in words; null: nothing.</summary>
    public abstract string? Lacks(IReadOnlyList<PlottedRun> runs);

    /// <summary>Draws runs into a file, which appears whole or not at all.</summary>
    /// <param name="runs">One run, or several if the picture <see cref="Compares"/> them.</param>
    /// <param name="path">The file.</param>
    /// <param name="width">Pixels from left to right; the height follows from what is drawn.</param>
    /// <param name="format">The file's form.</param>
    /// <param name="replaces">Whether a file that is there is replaced.</param>
    /// <exception cref="ArgumentException">The runs lack something, or the width is out of bounds.</exception>
    /// <exception cref="IOException">The file cannot be written, or is there and is not to be replaced.</exception>
    public void Write(IReadOnlyList<PlottedRun> runs, string path, int width, PictureFormat format, bool replaces = false)
    {
        ArgumentNullException.ThrowIfNull(runs);
        ArgumentException.ThrowIfNullOrEmpty(path);
        CheckWidth(width);
        if (Lacks(runs) is { } lack) throw new ArgumentException($"{Name}: {lack}.");
        byte[] content = Draw(runs, new Sheet(width)).Bytes(format);
        AtomicFile.Write(path, stream => stream.Write(content), replaces);
    }

    /// <summary>Refuses a width at which nothing can be read, or that no memory holds.</summary>
    public static void CheckWidth(int width)
    {
        if (width is < LeastWidth or > MostWidth) throw new ArgumentException($"a picture's width must be between {LeastWidth} and {MostWidth} pixels, found {width}.");
    }

    internal abstract Figure Draw(IReadOnlyList<PlottedRun> runs, Sheet sheet);
}
