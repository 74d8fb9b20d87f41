using ScottPlot;
using SkiaSharp;

namespace ResearchFreeze.Plots;

/// <summary>The legend of a picture, between its head and its panels: as many lines as its keys need.</summary>
internal sealed class LegendStrip
{
    private const float LineHeight = 21;
    private const float SymbolWidth = 26;
    private const float Gap = 16;
    private readonly List<(LegendKey Key, string Text, float Left, int Line)> places = [];

    /// <summary>Lays out keys.</summary>
    /// <param name="keys">The keys, in their order.</param>
    /// <param name="left">Where lines begin.</param>
    /// <param name="right">Where they end.</param>
    public LegendStrip(IEnumerable<LegendKey> keys, float left, float right)
    {
        (float at, int line) = (left, 0);
        foreach (LegendKey key in keys)
        {
            string text = PictureFont.Fitted(key.Text, Panel.TextSize, right - left - SymbolWidth);
            float width = SymbolWidth + 6 + PictureFont.Width(text, Panel.TextSize);
            if (at > left && at + width > right) (at, line) = (left, line + 1);
            places.Add((key, text, at, line));
            at += width + Gap;
        }
    }

    /// <summary>Points from top to bottom.</summary>
    public float Height => places.Count == 0 ? 0 : ((places[^1].Line + 1) * LineHeight) + 6;

    /// <summary>Draws it.</summary>
    public void Render(SKCanvas canvas, float top)
    {
        using var paint = Paint.NewDisposablePaint();
        foreach ((LegendKey key, string text, float left, int line) in places)
        {
            float middle = top + ((line + 0.5f) * LineHeight);
            Symbol(canvas, paint, key, left, middle);
            var label = new LabelStyle { Text = text, FontName = PictureFont.Name, FontSize = Panel.TextSize, ForeColor = Palette.Text, Alignment = Alignment.MiddleLeft };
            label.Render(canvas, new Pixel(left + SymbolWidth + 6, middle), paint);
        }
    }

    private static void Symbol(SKCanvas canvas, Paint paint, LegendKey key, float left, float middle)
    {
        if (key.Fill is { } fill)
        {
            var box = new SKRect(left, middle - 6, left + SymbolWidth, middle + 6);
            using var inside = new SKPaint { Color = fill.ToSKColor(), Style = SKPaintStyle.Fill };
            using var outline = new SKPaint { Color = Palette.Quiet.ToSKColor(), Style = SKPaintStyle.Stroke, StrokeWidth = 1, IsAntialias = true };
            canvas.DrawRect(box, inside);
            canvas.DrawRect(box, outline);
        }
        if (key.Line is { } color)
        {
            using var stroke = new SKPaint { Color = color.ToSKColor(), Style = SKPaintStyle.Stroke, StrokeWidth = key.LineWidth, IsAntialias = true };
            canvas.DrawLine(left, middle, left + SymbolWidth, middle, stroke);
        }
        key.Marker?.Render(canvas, new Pixel(left + (SymbolWidth / 2), middle), paint);
    }
}
