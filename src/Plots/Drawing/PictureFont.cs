using System.Runtime.InteropServices;
using ScottPlot;
using SkiaSharp;

namespace ResearchFreeze.Plots;

/// <summary>The font of all pictures, from this assembly: none of the system's, which may have none.</summary>
internal sealed class PictureFont : IFontResolver
{
    /// <summary>The name by which ScottPlot asks for it.</summary>
    public const string Name = "Roboto";

    private static readonly Lazy<SKTypeface> Face = new(Load);

    // ScottPlot finds fonts by name in a list of the process. It is asked for this name only, and whoever uses ScottPlot beside us loses nothing.
    private static readonly Lazy<bool> Known = new(() =>
    {
        Fonts.FontResolvers.Insert(0, new PictureFont());
        return true;
    });

    /// <inheritdoc/>
    public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) => fontName == Name ? Face.Value : null;

    /// <inheritdoc/>
    public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => fontName == Name ? Face.Value : null;

    /// <summary>Makes the font known before something is drawn.</summary>
    /// <exception cref="IOException">The library that draws has no native part for this system.</exception>
    public static void Ensure()
    {
        try
        {
            _ = Face.Value;
            _ = Known.Value;
        }
        catch (Exception exception) when (exception is DllNotFoundException or TypeInitializationException { InnerException: DllNotFoundException })
        {
            throw new IOException($"pictures cannot be drawn on {RuntimeInformation.RuntimeIdentifier}: the native part of SkiaSharp is not there or does not load.", exception);
        }
    }

    /// <summary>How wide a text is.</summary>
    public static float Width(string text, float size)
    {
        Ensure();
        using var font = new SKFont(Face.Value, size);
        return font.MeasureText(text);
    }

    /// <summary>A text that is at most so wide: its end is left out, or its beginning, where the end says more, as in a path.</summary>
    public static string Fitted(string text, float size, float width, bool keepsEnd = false)
    {
        if (Width(text, size) <= width) return text;
        for (int length = text.Length - 1; length > 1; length--)
        {
            string shorter = keepsEnd ? $"…{text[^length..]}" : $"{text[..length]}…";
            if (Width(shorter, size) <= width) return shorter;
        }
        return text[..1];
    }

    private static SKTypeface Load()
    {
        using Stream stream = typeof(PictureFont).Assembly.GetManifestResourceStream("Roboto-Regular.ttf")!;
        return SKTypeface.FromStream(stream);
    }
}
