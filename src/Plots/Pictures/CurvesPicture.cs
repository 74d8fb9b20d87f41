using ScottPlot;
using ScottPlot.Plottables;

namespace ResearchFreeze.Plots;

/// <summary>Losses and accuracy over steps, and below them how many units are frozen.</summary>
internal sealed class CurvesPicture : Picture
{
    public override string Name => "curves";

    public override string? Lacks(IReadOnlyList<PlottedRun> runs) => Curves.Of(runs[0].Metrics).IsEmpty ? "metrics.csv has no measurement" : null;

    internal override Figure Draw(IReadOnlyList<PlottedRun> runs, Sheet sheet)
    {
        PlottedRun run = runs[0];
        var curves = Curves.Of(run.Metrics);
        string steps = run.EpochSteps is { } epoch ? $"step (an epoch has {epoch})" : "step";
        Panel? frozen = run.Decisions is { } record ? new Panel(Frozen(Timeline.Of(record, run.Steps), steps), 0.75f) : null;
        Panel? accuracy = curves.ValidationAccuracy.Count > 0 ? new Panel(Accuracy(curves, frozen is null ? steps : ""), 0.8f) : null;
        Panel[] panels = [new Panel(Loss(curves, accuracy is null && frozen is null ? steps : ""), 1.2f), .. accuracy is null ? [] : new[] { accuracy }, .. frozen is null ? [] : new[] { frozen }];
        foreach (Panel panel in panels) Panel.Steps(panel.Plot, run.Steps);
        return new Figure("Learning curves and frozen units", run.Described, sheet, Keys(curves), 220 * panels.Length, panels);
    }

    private static IEnumerable<LegendKey> Keys(Curves curves)
    {
        if (curves.BatchLoss.Count > 0) yield return new LegendKey("training, a batch") { Line = Palette.Sky, LineWidth = 1 };
        if (curves.EpochLoss.Count > 0) yield return new LegendKey("training, mean of an epoch") { Line = Palette.Blue, Marker = new MarkerStyle(MarkerShape.FilledCircle, 7, Palette.Blue) };
        if (curves.ValidationLoss.Count > 0) yield return new LegendKey("validation") { Line = Palette.Vermillion, Marker = new MarkerStyle(MarkerShape.FilledSquare, 7, Palette.Vermillion) };
    }

    private static Plot Loss(Curves curves, string x)
    {
        Plot plot = Panel.New(x, "loss");
        Line(plot, curves.BatchLoss, Palette.Sky, MarkerShape.None, 1);
        Line(plot, curves.EpochLoss, Palette.Blue, MarkerShape.FilledCircle, 2);
        Line(plot, curves.ValidationLoss, Palette.Vermillion, MarkerShape.FilledSquare, 2);
        return plot;
    }

    private static Plot Accuracy(Curves curves, string x)
    {
        Plot plot = Panel.New(x, "validation accuracy (%)");
        Line(plot, [.. curves.ValidationAccuracy.Select(point => (point.Step, 100 * point.Value))], Palette.Vermillion, MarkerShape.FilledSquare, 2);
        plot.Axes.Margins(0.02, 0.15);
        return plot;
    }

    private static Plot Frozen(Timeline timeline, string x)
    {
        Plot plot = Panel.New(x, $"frozen units (of {timeline.Units.Count})");
        IReadOnlyList<(int Step, int Frozen)> stairs = timeline.Staircase();
        var corners = new List<Coordinates>();
        for (int i = 0; i < stairs.Count; i++)
        {
            int end = i + 1 < stairs.Count ? stairs[i + 1].Step : timeline.Steps;
            corners.Add(new Coordinates(stairs[i].Step, stairs[i].Frozen));
            corners.Add(new Coordinates(end, stairs[i].Frozen));
        }
        Polygon area = plot.Add.Polygon([new Coordinates(0, 0), .. corners, new Coordinates(timeline.Steps, 0)]);
        area.FillColor = Palette.Orange.WithAlpha(0.35);
        area.LineWidth = 0;
        area.MarkerSize = 0;
        Scatter line = plot.Add.ScatterLine(corners, Palette.Orange.Darken(0.25));
        line.LineWidth = 2;
        Panel.Whole(plot);
        plot.Axes.SetLimitsY(-0.03 * timeline.Units.Count, 1.05 * timeline.Units.Count);
        return plot;
    }

    private static void Line(Plot plot, IReadOnlyList<(int Step, double Value)> points, Color color, MarkerShape shape, float width)
    {
        if (points.Count == 0) return;
        Scatter line = plot.Add.Scatter(points.Select(point => new Coordinates(point.Step, point.Value)).ToArray(), color);
        // A single point has no line to be seen by.
        line.MarkerShape = shape == MarkerShape.None && points.Count == 1 ? MarkerShape.FilledCircle : shape;
        line.MarkerSize = points.Count > 60 ? 4 : 7;
        line.LineWidth = width;
    }
}
