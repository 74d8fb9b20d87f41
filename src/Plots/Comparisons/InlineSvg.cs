using System.Text;
using System.Text.RegularExpressions;

namespace ResearchFreeze.Plots;

/// <summary>An SVG file as part of a page: it grows with its place, and its names are its own.</summary>
internal static partial class InlineSvg
{
    /// <summary>A figure in a page.</summary>
    /// <param name="figure">The figure.</param>
    /// <param name="prefix">What tells its names from others'.</param>
    /// <param name="label">What is shown, for those who do not see it.</param>
    public static string Of(Figure figure, string prefix, string label)
    {
        string xml = Encoding.UTF8.GetString(figure.Bytes(PictureFormat.Svg));
        string svg = xml[xml.IndexOf("<svg", StringComparison.Ordinal)..];
        Match size = Size().Match(svg);
        // All that is referred to, by definition, colour or clip.
        svg = Id().Replace(svg, match => $"{match.Groups[1].Value}{prefix}-{match.Groups[2].Value}");
        return Size().Replace(svg, $"<svg role=\"img\" aria-label=\"{Html.Escaped(label)}\" viewBox=\"0 0 {size.Groups[1].Value} {size.Groups[2].Value}\"", 1);
    }

    [GeneratedRegex("""(\bid="|url\(#|href="#)([^")]+)""")]
    private static partial Regex Id();

    [GeneratedRegex("""<svg\b(?=[^>]*\bwidth="([\d.]+)")(?=[^>]*\bheight="([\d.]+)")""")]
    private static partial Regex Size();
}
