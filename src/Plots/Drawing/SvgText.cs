namespace ResearchFreeze.Plots;

/// <summary>What Skia writes as SVG, made to look alike where the font is not installed.</summary>
internal static class SvgText
{
    /// <summary>Text stays text, each letter at its place: a viewer without the font takes another of its kind.</summary>
    public static string Of(string xml) => xml.Replace($"font-family=\"{PictureFont.Name}\"", $"font-family=\"{PictureFont.Name}, Arial, Helvetica, sans-serif\"", StringComparison.Ordinal);
}
