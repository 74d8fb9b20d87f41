using System.Text;
using ScottPlot;
using SkiaSharp;

namespace ResearchFreeze.Plots;

/// <summary>A picture to be written: a head of two lines, and panels below each other.</summary>
internal sealed class Figure
{
    private const float TitleSize = 17;
    private const float SubtitleSize = 13;
    private const float HeadHeight = 56;
    private const float Margin = 14;
    private readonly string title;
    private readonly string subtitle;
    private readonly LegendStrip legend;
    private readonly Panel[] panels;
    private readonly Sheet sheet;
    private readonly float height;

    /// <summary>A picture.</summary>
    /// <param name="title">What it shows.</param>
    /// <param name="subtitle">Of what.</param>
    /// <param name="sheet">What it is drawn on.</param>
    /// <param name="keys">What colours and shapes mean.</param>
    /// <param name="height">The panels' height together, in the sheet's points.</param>
    /// <param name="panels">From top to bottom.</param>
    public Figure(string title, string subtitle, Sheet sheet, IEnumerable<LegendKey> keys, float height, params Panel[] panels)
    {
        (this.title, this.subtitle, this.sheet, this.height, this.panels) = (title, subtitle, sheet, height, panels);
        legend = new LegendStrip(keys, Margin, sheet.Width - Margin);
    }

    private int PixelHeight => (int)MathF.Round((HeadHeight + legend.Height + height) * sheet.Scale);

    /// <summary>The picture as a file's content.</summary>
    public byte[] Bytes(PictureFormat format)
    {
        if (format == PictureFormat.Svg)
        {
            using var stream = new MemoryStream();
            // The end of the file is written as the canvas is closed.
            using (SKCanvas canvas = SKSvgCanvas.Create(new SKRect(0, 0, sheet.PixelWidth, PixelHeight), stream)) Render(canvas);
            return Encoding.UTF8.GetBytes(SvgText.Of(Encoding.UTF8.GetString(stream.ToArray())));
        }
        using var surface = SKSurface.Create(new SKImageInfo(sheet.PixelWidth, PixelHeight));
        Render(surface.Canvas);
        using SKImage snapshot = surface.Snapshot();
        using SKData data = snapshot.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    private void Render(SKCanvas canvas)
    {
        canvas.Clear(SKColors.White);
        canvas.Scale(sheet.Scale);
        Write(canvas, title, TitleSize, Palette.Text, 10);
        Write(canvas, subtitle, SubtitleSize, Palette.Quiet, 33);
        legend.Render(canvas, HeadHeight);
        float top = HeadHeight + legend.Height, shares = panels.Sum(panel => panel.Share);
        foreach (Panel panel in panels)
        {
            float bottom = top + (height * panel.Share / shares);
            panel.Plot.Font.Set(PictureFont.Name);
            panel.Plot.Render(canvas, new PixelRect(0, sheet.Width, bottom, top));
            top = bottom;
        }
    }

    private void Write(SKCanvas canvas, string text, float size, Color color, float top)
    {
        using var paint = Paint.NewDisposablePaint();
        var label = new LabelStyle { Text = PictureFont.Fitted(text, size, sheet.Width - (2 * Margin)), FontName = PictureFont.Name, FontSize = size, ForeColor = color, Alignment = Alignment.UpperLeft };
        label.Render(canvas, new Pixel(Margin, top), paint);
    }
}
