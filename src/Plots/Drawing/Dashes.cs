using ScottPlot;
using SkiaSharp;

namespace ResearchFreeze.Plots;

/// <summary>A dashed or dotted line, drawn piece by piece: Skia leaves a line's pattern out of SVG, where it would be a solid one.</summary>
internal sealed class Dashes(IReadOnlyList<Coordinates> corners, Color color, float width, bool dotted) : IPlottable
{
    private readonly (float On, float Off) pattern = dotted ? (1.5f, 3.5f) : (8, 6);

    public bool IsVisible { get; set; } = true;

    public IAxes Axes { get; set; } = new Axes();

    public IEnumerable<LegendItem> LegendItems => [];

    public AxisLimits GetAxisLimits() => new(corners.Min(at => at.X), corners.Max(at => at.X), corners.Min(at => at.Y), corners.Max(at => at.Y));

    public void Render(RenderPack rp)
    {
        using var paint = new SKPaint { Color = color.ToSKColor(), StrokeWidth = width, Style = SKPaintStyle.Stroke, IsAntialias = true };
        (bool isOn, float left) = (true, pattern.On);
        for (int i = 1; i < corners.Count; i++)
        {
            (Pixel from, Pixel to) = (Axes.GetPixel(corners[i - 1]), Axes.GetPixel(corners[i]));
            float length = MathF.Sqrt(((to.X - from.X) * (to.X - from.X)) + ((to.Y - from.Y) * (to.Y - from.Y)));
            for (float at = 0; at < length;)
            {
                float end = MathF.Min(at + left, length);
                if (isOn) rp.Canvas.DrawLine(On(at), On(end), paint);
                left -= end - at;
                at = end;
                if (left > 0.001f) continue;
                isOn = !isOn;
                left = isOn ? pattern.On : pattern.Off;
            }

            SKPoint On(float along) => new(from.X + ((to.X - from.X) * along / length), from.Y + ((to.Y - from.Y) * along / length));
        }
    }

    /// <summary>Adds one to a plot.</summary>
    public static void Add(Plot plot, IReadOnlyList<Coordinates> corners, Color color, float width = 1, bool dotted = false) => plot.Add.Plottable(new Dashes(corners, color, width, dotted));
}
