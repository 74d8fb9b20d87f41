using ResearchFreeze.Evaluation;
using ScottPlot;

namespace ResearchFreeze.Plots;

/// <summary>Paired differences below each other, with their intervals, the line of no difference and the margin of non-inferiority.</summary>
/// <param name="Title">What is shown.</param>
/// <param name="Label">The difference, with its unit.</param>
/// <param name="Pairs">A row each.</param>
internal sealed record ForestPicture(string Title, string Label, IReadOnlyList<ComparedPair> Pairs)
{
    private const float RowHeight = 30;

    /// <summary>The picture on a sheet.</summary>
    public Figure Draw(Sheet sheet)
    {
        Plot plot = Panel.New(Label, "");
        for (int row = 0; row < Pairs.Count; row++)
        {
            PairedDifference found = Pairs[row].Difference;
            Color color = Pairs[row].NonInferiority is { IsShown: true } ? Palette.Blue : Palette.Vermillion;
            if (!double.IsNaN(found.Low))
            {
                var bar = plot.Add.Line(found.Low, -row, found.High, -row);
                bar.LineColor = color;
                bar.LineWidth = 2;
            }
            plot.Add.Marker(found.Mean, -row, Pairs[row].NonInferiority is { IsShown: true } ? MarkerShape.FilledCircle : MarkerShape.FilledSquare, 9, color);
        }
        plot.Add.VerticalLine(0, 1.5f, Palette.Black);
        double? margin = Pairs[0].NonInferiority is { } tested ? Pairs[0].HigherIsBetter ? -tested.Margin : tested.Margin : null;
        if (margin is { } limit) Dashes.Add(plot, [new Coordinates(limit, 0.5), new Coordinates(limit, 0.5 - Pairs.Count)], Palette.Quiet, 1.5f);
        double[] ends = [0, margin ?? 0, .. Pairs.SelectMany(pair => double.IsNaN(pair.Difference.Low) ? [pair.Difference.Mean] : new[] { pair.Difference.Low, pair.Difference.High })];
        double room = Math.Max(1e-6, 0.06 * (ends.Max() - ends.Min()));
        RowLabels.Left(plot, [.. Pairs.Select(pair => $"{pair.Method} − {pair.Reference}")], RowHeight, sheet.Width / 2.6f);
        plot.Axes.SetLimitsX(ends.Min() - room, ends.Max() + room);
        return new Figure(Title, "paired by seed, 95 % intervals", sheet, Keys(margin is not null), (RowHeight * Pairs.Count) + 60, new Panel(plot));
    }

    private static IEnumerable<LegendKey> Keys(bool hasMargin)
    {
        if (!hasMargin) yield break;
        yield return new LegendKey("no worse by the margin (one-sided 95 %)") { Marker = new MarkerStyle(MarkerShape.FilledCircle, 9, Palette.Blue) };
        yield return new LegendKey("not shown") { Marker = new MarkerStyle(MarkerShape.FilledSquare, 9, Palette.Vermillion) };
        yield return new LegendKey("margin (dashed)") { Line = Palette.Quiet };
    }
}
