using System.Globalization;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Evaluation;
using ScottPlot;

namespace ResearchFreeze.Plots;

/// <summary>What the cells of atlases were predicted to cost against what they cost, a panel for each criterion that knows a price. On the diagonal both are the same.</summary>
internal sealed class PricesPicture : Picture
{
    // Smaller prices are drawn evenly, those below zero among them: neighbouring cells differ by more.
    private const double Even = 0.001;

    public override string Name => "prices";

    public override bool Compares => true;

    internal override bool IsOf(PlottedRun run) => run.Atlas is not null;

    public override string? Lacks(IReadOnlyList<PlottedRun> runs)
    {
        if (runs.FirstOrDefault(run => run.Atlas is null) is { } other) return $"'{other.Folder}' is no atlas; freeze atlas makes one";
        if (runs.FirstOrDefault(run => run.Forks.Count == 0) is { } empty) return $"none of the forks of '{empty.Folder}' is done";
        if (runs.GroupBy(run => (run.Atlas!.Run, run.Atlas.Seed, run.Atlas.Kind)).FirstOrDefault(group => group.Count() > 1) is { } twice) return $"two of the atlases are of the run '{twice.Key.Run}' with seed {twice.Key.Seed}; each cell counts once";
        AtlasSet set = Set(runs);
        return set.Prices.Count == 0 ? $"there is no column {AllScores.Price}… in {AtlasFolder.Statistics}: no criterion knew a price" : set.Prices.All(column => set.Priced(column).Count == 0) ? "no cell has a predicted price for all of its units" : null;
    }

    internal override Figure Draw(IReadOnlyList<PlottedRun> runs, Sheet sheet)
    {
        AtlasSet set = Set(runs);
        (string Criterion, IReadOnlyList<AtlasPrice> Prices)[] shown = [.. set.Prices.Select(column => (column[AllScores.Price.Length..], set.Priced(column))).Where(shown => shown.Item2.Count > 0)];
        string[] names = [.. runs.SelectMany(run => run.Atlas!.Targets.Select(run.Atlas.NameOf)).Distinct()];
        double[] all = [.. shown.SelectMany(panel => panel.Prices).SelectMany(price => new[] { price.Predicted, price.Cell.Price })];
        // One scale for both axes of all panels: they are compared, and the diagonal is a line.
        var scale = ScoreScale.Of(all, Even);
        double low = all.Min(), least = shown.Min(panel => panel.Prices.Min(price => price.Predicted));
        // More is paid below nothing than is predicted there.
        var range = new Range(scale, low < 0 ? Math.Min(0, least) : low, low, all.Max());
        Panel[] panels = [.. shown.Select(panel => Drawn(panel.Criterion, panel.Prices, price => UnitColors.Of(Array.IndexOf(names, NameOf(runs, price.Cell)), names.Length), range, sheet.Width - 20))];
        LegendKey[] keys =
        [
            .. UnitColors.Named(names.Length).Select(i => new LegendKey(PictureFont.Fitted(names[i], Panel.TextSize, sheet.Width / 4, keepsEnd: true)) { Fill = UnitColors.Of(i, names.Length) }),
            new LegendKey(FormattableString.Invariant($"drift of all that was frozen \u2264 {AtlasPrice.StationaryDrift}")) { Marker = Mark(true, Palette.Quiet) }, new LegendKey("above, or not known") { Marker = Mark(false, Palette.Quiet) },
        ];
        string[] models = [.. runs.Select(run => run.Atlas!.Model).Distinct()];
        string said = $"dashed: as predicted; below the dotted line the freeze helped; {set.Rows.Count} cells of {(runs.Count == 1 ? "an atlas" : $"{runs.Count} atlases")}: {string.Join(", ", models)}";
        return new Figure("Predicted price of a freeze and the price paid", said, sheet, keys, panels.Length * ((0.6f * sheet.Width) + 80), panels);
    }

    private static AtlasSet Set(IReadOnlyList<PlottedRun> runs) => AtlasSet.Of([.. runs.Select(run => (run.Folder, run.Forks, run.ForkScores))]);

    private static string NameOf(IReadOnlyList<PlottedRun> runs, AtlasRow cell) => runs.First(run => (run.Atlas!.Run, run.Atlas.Seed, run.Atlas.Kind) == (cell.Run, cell.Seed, cell.Kind)).Atlas!.NameOf(cell.Unit);

    private static Panel Drawn(string criterion, IReadOnlyList<AtlasPrice> prices, Func<AtlasPrice, Color> colorOf, Range range, float width)
    {
        ScoreScale scale = range.Scale;
        string axis = scale.IsLinear ? "nats" : $"nats, {scale.Name}";
        Plot plot = Panel.New($"predicted by {criterion} ({axis})", "paid (nats)");
        (double left, double bottom, double most) = (scale.Height(range.Left), scale.Height(range.Low), scale.Height(range.High));
        double room = Math.Max(0.04 * (most - bottom), most > bottom ? 0 : 0.1);
        double start = Math.Max(left, bottom) - room;
        Dashes.Add(plot, [new Coordinates(start, start), new Coordinates(most + room, most + room)], Colors.Gray);
        if (range.Low < 0) Dashes.Add(plot, [new Coordinates(left - room, scale.Height(0)), new Coordinates(most + room, scale.Height(0))], Colors.Gray, dotted: true);
        // Stationary ones on top: the debt is claimed for them.
        foreach (AtlasPrice price in prices.OrderBy(price => price.IsStationary))
        {
            plot.Add.Marker(scale.Height(price.Predicted), scale.Height(price.Cell.Price)).MarkerStyle = Mark(price.IsStationary, colorOf(price));
        }
        plot.Axes.Bottom.TickGenerator = scale.Generator(range.Low, range.High);
        plot.Axes.Left.TickGenerator = scale.Generator(range.Low, range.High);
        plot.Axes.SetLimits(left - room, most + room, bottom - room, most + room);
        AtlasPrice[] stationary = [.. prices.Where(price => price.IsStationary)];
        string[] lines = [$"{criterion}: {Said(prices)}", stationary.Length == 0 ? "stationary: none" : $"stationary: {Said(stationary)}"];
        plot.Axes.Title.FullFigureCenter = true;
        plot.Title(string.Join('\n', lines.Select(line => PictureFont.Fitted(line, Panel.TextSize, width, keepsEnd: true))), Panel.TextSize);
        plot.Axes.Title.Label.Bold = false;
        plot.Axes.Title.Label.ForeColor = Palette.Text;
        return new Panel(plot);
    }

    private static MarkerStyle Mark(bool stationary, Color color) => new(stationary ? MarkerShape.FilledCircle : MarkerShape.OpenCircle, 8, color) { LineColor = color, LineWidth = 1.5f };

    private static string Said(IReadOnlyList<AtlasPrice> prices)
    {
        var found = PriceAgreement.Of(prices);
        return $"{found.Cells} {(found.Cells == 1 ? "cell" : "cells")}, median paid/predicted {Text(found.Ratio)}, rank correlation {Text(found.Rank)}";

        static string Text(double value) => double.IsNaN(value) ? "not known" : value.ToString("0.00;\u22120.00", CultureInfo.InvariantCulture);
    }

    /// <summary>What both axes reach to, and how.</summary>
    private sealed record Range(ScoreScale Scale, double Left, double Low, double High);
}
