using ScottPlot;
using ScottPlot.Plottables;

namespace ResearchFreeze.Plots;

/// <summary>Each unit's score over steps, the rule's threshold, and where units were frozen and thawed.</summary>
internal sealed class ScoresPicture : Picture
{
    public override string Name => "scores";

    public override string? Lacks(IReadOnlyList<PlottedRun> runs) =>
        runs[0].Decisions is not { } record ? "there is no decisions.jsonl" : ScoreTrack.Of(record).All(track => track.Points.Count == 0) ? "no check in decisions.jsonl has a score" : null;

    internal override Figure Draw(IReadOnlyList<PlottedRun> runs, Sheet sheet)
    {
        PlottedRun run = runs[0];
        IReadOnlyList<ScoreTrack> tracks = ScoreTrack.Of(run.Decisions!);
        double[] scores = [.. tracks.SelectMany(track => track.Points.Select(point => point.Score).Concat(track.Marks.Select(mark => mark.Score))), .. run.Threshold is { } limit ? new[] { limit } : []];
        var scale = ScoreScale.Of(scores, run.Threshold);
        Plot plot = Panel.New(run.EpochSteps is { } epoch ? $"step (an epoch has {epoch})" : "step", $"score ({run.Decisions!.Criterion}{(scale.IsLinear ? "" : $", {scale.Name}")})");
        for (int unit = 0; unit < tracks.Count; unit++) Line(plot, tracks[unit], unit, tracks.Count, scale.Height);
        for (int unit = 0; unit < tracks.Count; unit++) Marks(plot, tracks[unit], UnitColors.Of(unit, tracks.Count), scale.Height);
        if (run.Threshold is { } threshold) plot.Add.HorizontalLine(scale.Height(threshold), 2, Palette.Black);
        if (!scale.IsLinear) plot.Axes.Left.TickGenerator = scale.Generator(scores.Min(), scores.Max());
        (double low, double high) = (scale.Height(scores.Min()), scale.Height(scores.Max()));
        double room = Math.Max(0.06 * (high - low), high > low ? 0 : 0.1 * Math.Max(1, Math.Abs(high)));
        plot.Axes.SetLimitsY(low - room, high + room);
        Panel.Steps(plot, run.Steps);
        return new Figure("Scores of units", run.Described, sheet, Units(tracks, sheet).Concat(Changes(tracks, run.Threshold)), (0.55f * sheet.Width) + 40, new Panel(plot));
    }

    private static void Line(Plot plot, ScoreTrack track, int unit, int count, Func<double, double> height)
    {
        if (track.Points.Count == 0) return;
        Scatter line = plot.Add.Scatter(Corners(track, height).ToArray(), UnitColors.Of(unit, count));
        line.LineWidth = count > UnitColors.MostNamed ? 1 : 1.5f;
        line.MarkerShape = count > UnitColors.MostNamed ? MarkerShape.FilledCircle : Palette.Shapes[unit];
        line.MarkerSize = track.Points.Count == 1 ? 6 : count > UnitColors.MostNamed || track.Points.Count > 60 ? 2 : 5;
    }

    /// <summary>Not a number between scores parts the line: in between the unit was frozen, and was not observed.</summary>
    private static IEnumerable<Coordinates> Corners(ScoreTrack track, Func<double, double> height)
    {
        for (int i = 0; i < track.Points.Count; i++)
        {
            if (i > 0 && track.Marks.Any(mark => mark.IsFreeze && mark.Step >= track.Points[i - 1].Step && mark.Step < track.Points[i].Step)) yield return new Coordinates(track.Points[i].Step, double.NaN);
            yield return new Coordinates(track.Points[i].Step, height(track.Points[i].Score));
        }
    }

    private static void Marks(Plot plot, ScoreTrack track, Color color, Func<double, double> height)
    {
        foreach (ScoreMark mark in track.Marks)
        {
            Marker drawn = plot.Add.Marker(mark.Step, height(mark.Score), mark.IsFreeze ? MarkerShape.FilledTriangleDown : MarkerShape.OpenTriangleUp, 11, color);
            drawn.MarkerLineColor = mark.IsFreeze ? Palette.Black : color;
            drawn.MarkerLineWidth = mark.IsFreeze ? 1 : 2;
        }
    }

    private static IEnumerable<LegendKey> Units(IReadOnlyList<ScoreTrack> tracks, Sheet sheet)
    {
        foreach (int unit in UnitColors.Named(tracks.Count))
        {
            Color color = UnitColors.Of(unit, tracks.Count);
            yield return new LegendKey(PictureFont.Fitted(tracks[unit].Unit, Panel.TextSize, sheet.Width / 4, keepsEnd: true))
            {
                Line = color,
                LineWidth = tracks.Count > UnitColors.MostNamed ? 3 : 2,
                Marker = tracks.Count > UnitColors.MostNamed ? null : new MarkerStyle(Palette.Shapes[unit], 7, color),
            };
        }
    }

    private static IEnumerable<LegendKey> Changes(IReadOnlyList<ScoreTrack> tracks, double? threshold)
    {
        if (threshold is { } limit) yield return new LegendKey(FormattableString.Invariant($"threshold {limit:G4}")) { Line = Palette.Black };
        if (tracks.Any(track => track.Marks.Any(mark => mark.IsFreeze)))
            yield return new LegendKey("frozen") { Marker = new MarkerStyle(MarkerShape.FilledTriangleDown, 11, Palette.Quiet) };
        if (tracks.Any(track => track.Marks.Any(mark => !mark.IsFreeze)))
            yield return new LegendKey("thawed") { Marker = new MarkerStyle(MarkerShape.OpenTriangleUp, 11, Palette.Quiet) { LineWidth = 2 } };
    }
}
