using ScottPlot;
using ScottPlot.Plottables;

namespace ResearchFreeze.Plots;

/// <summary>Test accuracy against operations: a series a policy, a point a number of epochs, with standard deviations between seeds.</summary>
internal sealed class AccuracyPicture : Picture
{
    public override string Name => "accuracy";

    public override bool Compares => true;

    public override string? Lacks(IReadOnlyList<PlottedRun> runs)
    {
        int measured = runs.Count(run => run.Summary?.TestAccuracy is not null);
        return measured < 2 ? $"it compares runs, and needs two or more with a test accuracy; found {measured}" : null;
    }

    internal override Figure Draw(IReadOnlyList<PlottedRun> runs, Sheet sheet)
    {
        IReadOnlyList<AccuracyPoint> points = AccuracyPoint.Of(runs.Where(run => run.Summary is not null).Select(run => run.Summary!));
        (double unit, string name) = OperationUnit.Of(points.Max(point => point.Operations));
        Plot plot = Panel.New($"operations of training ({name})", "test accuracy (%)");
        string[] series = [.. points.Select(point => point.Series).Distinct()];
        var keys = new List<LegendKey>();
        for (int i = 0; i < series.Length; i++)
        {
            // The eighth has the first one's colour and another shape.
            (Color color, MarkerShape shape) = (Palette.Series[i % Palette.Series.Length], Palette.Shapes[(i + (i / Palette.Series.Length)) % Palette.Shapes.Length]);
            Series(plot, [.. points.Where(point => point.Series == series[i])], unit, color, shape);
            keys.Add(new LegendKey(series[i]) { Line = color, LineWidth = 1, Marker = new MarkerStyle(shape, 9, color) });
        }
        plot.Axes.Margins(0.08, 0.1);
        plot.Axes.AutoScale();
        int measured = points.Sum(point => point.Runs);
        int[] counts = [.. points.Select(point => point.Runs).Distinct().Order()];
        string seeds = counts is [1] ? "one run a point" : counts.Length == 1 ? $"mean of {counts[0]} runs a point" : $"mean of {counts[0]} to {counts[^1]} runs a point";
        string bars = counts is [1] ? "" : ", bars: standard deviation between runs";
        return new Figure("Test accuracy against operations", $"{seeds}{bars}; numbers are epochs{(measured == runs.Count ? "" : $"; {runs.Count - measured} of {runs.Count} runs have no test accuracy")}", sheet, keys, (0.55f * sheet.Width) + 40, new Panel(plot));
    }

    private static void Series(Plot plot, AccuracyPoint[] points, double unit, Color color, MarkerShape shape)
    {
        double[] xs = [.. points.Select(point => point.Operations / unit)], ys = [.. points.Select(point => 100 * point.Accuracy)];
        double[] across = [.. points.Select(point => point.OperationsSpread / unit)], along = [.. points.Select(point => 100 * point.AccuracySpread)];
        var bars = new ErrorBar(xs, ys, across, across, along, along) { Color = color, LineWidth = 1.5f };
        plot.Add.Plottable(bars);
        Scatter line = plot.Add.Scatter(xs, ys, color);
        line.MarkerShape = shape;
        line.MarkerSize = 9;
        line.LineWidth = 1;
        for (int i = 0; i < points.Length; i++)
        {
            var label = plot.Add.Text($"{points[i].Epochs}", xs[i], ys[i]);
            label.LabelFontName = PictureFont.Name;
            label.LabelFontSize = Panel.TextSize;
            label.LabelFontColor = color.Darken(0.3);
            label.LabelAlignment = Alignment.LowerLeft;
            label.OffsetX = 6;
            label.OffsetY = -4;
        }
    }
}
