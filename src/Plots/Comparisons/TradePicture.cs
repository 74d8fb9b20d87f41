using ResearchFreeze.Evaluation;
using ScottPlot;
using ScottPlot.Plottables;

namespace ResearchFreeze.Plots;

/// <summary>What methods and lengths of full training give, by what they cost, with 95 % intervals and the Pareto front.</summary>
/// <param name="Title">What is shown.</param>
/// <param name="XLabel">The cost, with its unit.</param>
/// <param name="YLabel">The gain, with its unit.</param>
/// <param name="Series">The points.</param>
/// <param name="HigherIsBetter">Whether more of the gain is better.</param>
internal sealed record TradePicture(string Title, string XLabel, string YLabel, IReadOnlyList<TradeSeries> Series, bool HigherIsBetter)
{
    private const int Between = 50;

    /// <summary>The picture on a sheet.</summary>
    public Figure Draw(Sheet sheet)
    {
        Plot plot = Panel.New(XLabel, YLabel);
        TradePoint[] all = [.. Series.SelectMany(series => series.Points)];
        (double X, double Y)[] reached = [.. Series.SelectMany(Reached)];
        (double X, double Y)[] front = [.. ParetoFront.Of(reached, HigherIsBetter).Select(i => reached[i])];
        Scatter edge = plot.Add.Scatter(front.Select(point => point.X).ToArray(), front.Select(point => point.Y).ToArray(), Palette.Line.Darken(0.15));
        edge.LineWidth = 7;
        edge.MarkerSize = 0;
        var keys = new List<LegendKey>();
        (int curves, int methods) = (0, 0);
        foreach (TradeSeries series in Series)
        {
            // Controls are grey and dashed or dotted: what is compared has the colours. The eighth has the first one's colour and another shape.
            (Color color, MarkerShape shape, bool dotted) = series.IsCurve
                ? (Palette.Quiet, curves == 0 ? MarkerShape.OpenCircle : MarkerShape.OpenSquare, curves++ > 0)
                : (Palette.Series[methods % Palette.Series.Length], Palette.Shapes[(methods + (methods++ / Palette.Series.Length)) % Palette.Shapes.Length], false);
            Draw(plot, series, color, shape, dotted, sheet.Width > 700);
            keys.Add(new LegendKey(series.Name) { Line = series.IsCurve ? color : null, LineWidth = 1, Marker = new MarkerStyle(shape, 9, color) });
        }
        keys.Add(new LegendKey("Pareto front") { Line = Palette.Line.Darken(0.15), LineWidth = 7 });
        // Labels stand to the right of their points.
        plot.Axes.Margins(left: 0.06, right: 0.1, bottom: 0.1, top: 0.1);
        plot.Axes.AutoScale();
        int[] counts = [.. all.Select(point => point.Y.Seeds).Distinct().Order()];
        string runs = counts.Length == 1 ? $"{counts[0]} {(counts[0] == 1 ? "seed" : "seeds")} a point" : $"{counts[0]} to {counts[^1]} seeds a point";
        return new Figure(Title, counts[^1] == 1 ? runs : $"mean of {runs}, 95 % intervals between seeds", sheet, keys, (0.5f * sheet.Width) + 40, new Panel(plot));
    }

    /// <summary>What can be had: a method's points, and full training of any length between those that were run.</summary>
    private static IEnumerable<(double X, double Y)> Reached(TradeSeries series)
    {
        for (int i = 0; i < series.Points.Count; i++)
        {
            (double x, double y) = (series.Points[i].X.Mean, series.Points[i].Y.Mean);
            yield return (x, y);
            if (!series.IsCurve || i + 1 == series.Points.Count) continue;
            (double nextX, double nextY) = (series.Points[i + 1].X.Mean, series.Points[i + 1].Y.Mean);
            for (int part = 1; part < Between; part++) yield return (x + ((nextX - x) * part / Between), y + ((nextY - y) * part / Between));
        }
    }

    private static void Draw(Plot plot, TradeSeries series, Color color, MarkerShape shape, bool dotted, bool hasLabels)
    {
        double[] xs = [.. series.Points.Select(point => point.X.Mean)], ys = [.. series.Points.Select(point => point.Y.Mean)];
        double[] across = [.. series.Points.Select(point => Half(point.X))];
        double[] below = [.. series.Points.Select(point => Below(point.Y))], above = [.. series.Points.Select(point => Above(point.Y))];
        plot.Add.Plottable(new ErrorBar(xs, ys, across, across, below, above) { Color = color, LineWidth = series.IsCurve ? 1 : 1.5f });
        Scatter line = plot.Add.Scatter(xs, ys, color);
        line.MarkerShape = shape;
        line.MarkerSize = 9;
        line.LineWidth = 0;
        if (series.IsCurve) Dashes.Add(plot, [.. xs.Zip(ys, (x, y) => new Coordinates(x, y))], color, 1.5f, dotted);
        if (!hasLabels) return;
        foreach (TradePoint point in series.Points.Where(point => point.Label.Length > 0))
        {
            var label = plot.Add.Text(point.Label, point.X.Mean, point.Y.Mean);
            label.LabelFontName = PictureFont.Name;
            label.LabelFontSize = Panel.TextSize - 1;
            label.LabelFontColor = Palette.Quiet;
            label.LabelAlignment = Alignment.LowerLeft;
            label.OffsetX = 6;
            label.OffsetY = -4;
        }
    }

    private static double Half(PairedDifference value) => double.IsNaN(value.Low) ? 0 : (value.High - value.Low) / 2;

    private static double Below(PairedDifference value) => double.IsNaN(value.Low) ? 0 : value.Mean - value.Low;

    private static double Above(PairedDifference value) => double.IsNaN(value.Low) ? 0 : value.High - value.Mean;
}
