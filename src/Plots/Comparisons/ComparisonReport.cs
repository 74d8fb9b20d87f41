using ResearchFreeze.Evaluation;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Plots;

/// <summary>What is written of a comparison: <c>report.html</c>, <c>runs.csv</c>, <c>pairs.csv</c>, <c>table.tex</c>, and each picture as SVG and PNG in <c>pictures</c>.</summary>
public static class ComparisonReport
{
    /// <summary>The page.</summary>
    public const string Page = "report.html";

    private const string Pictures = "pictures";
    private const int Width = 1600;

    /// <summary>Writes everything into the comparison's folder. An earlier report's files are replaced; others only if they may be.</summary>
    /// <param name="result">The comparison.</param>
    /// <param name="catalogues">The names that its runs may use.</param>
    /// <param name="overwrites">Whether files are replaced beside which there is no report.</param>
    /// <returns>The files, relative to the folder.</returns>
    /// <exception cref="IOException">A file is there that no report has written, or one cannot be written.</exception>
    public static IReadOnlyList<string> Write(ComparisonResult result, RunCatalogues catalogues, bool overwrites = false)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(catalogues);
        var files = new List<(string Name, Func<byte[]> Content)>
        {
            // The page first: beside it the others are known as a report's.
            (Page, () => Text(ComparisonPage.Of(result, catalogues))),
            ("runs.csv", () => Text(ComparisonTables.Runs(result))),
            ("pairs.csv", () => Text(ComparisonTables.Pairs(result))),
            ("table.tex", () => Text(ComparisonTables.Latex(result))),
        };
        foreach ((string name, _, Func<Sheet, Figure> draw) in ComparisonPictures.Of(result).Concat(ComparisonPictures.Timelines(result, catalogues)))
        {
            files.Add((Path.Combine(Pictures, $"{name}.svg"), () => draw(new Sheet(Width)).Bytes(PictureFormat.Svg)));
            files.Add((Path.Combine(Pictures, $"{name}.png"), () => draw(new Sheet(Width)).Bytes(PictureFormat.Png)));
        }
        string page = Path.Combine(result.Folder, Page);
        if (!overwrites && !IsOurs(page) && files.Select(file => Path.Combine(result.Folder, file.Name)).FirstOrDefault(Path.Exists) is { } there) throw new IOException($"'{there}' was not written by a report; move it, or give --overwrite.");
        Directory.CreateDirectory(Path.Combine(result.Folder, Pictures));
        foreach ((string name, Func<byte[]> content) in files)
        {
            byte[] bytes = content();
            AtomicFile.Write(Path.Combine(result.Folder, name), stream => stream.Write(bytes));
        }
        return [.. files.Select(file => file.Name)];
    }

    private static bool IsOurs(string page) => File.Exists(page) && File.ReadLines(page).Take(3).Any(line => line.Contains(ComparisonPage.Mark, StringComparison.Ordinal));

    private static byte[] Text(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
