using System.Globalization;
using ScottPlot;

namespace ResearchFreeze.Plots;

/// <summary>A bar a run: its operations by what they were for, and those that were skipped.</summary>
internal sealed class LedgerPicture : Picture
{
    // In print, too, a part is lighter or darker than the one before, where the optimizer's has no operations as well.
    private static readonly Color[] Fills =
    [
        Palette.Blue, Palette.Sky, Palette.Vermillion, Palette.Yellow, Palette.Black, Palette.Purple, Palette.Quiet, Palette.Orange, Palette.Line, Palette.White,
    ];

    public override string Name => "ledger";

    public override bool Compares => true;

    public override string? Lacks(IReadOnlyList<PlottedRun> runs) => runs.All(run => run.Summary is null) ? "there is no summary.json" : null;

    internal override Figure Draw(IReadOnlyList<PlottedRun> runs, Sheet sheet)
    {
        PlottedRun[] drawn = [.. runs.Where(run => run.Summary is not null)];
        LedgerBar[] bars = [.. drawn.Select(run => LedgerBar.Of(run.Summary!))];
        double longest = bars.Max(bar => bar.Parts.Sum());
        (double unit, string name) = OperationUnit.Of(longest);
        Plot plot = Panel.New($"operations ({name})", "");
        float row = drawn.Length <= 12 ? 34 : 22, nameWidth = sheet.Width / 4, area = sheet.Width - nameWidth - 60;
        for (int run = 0; run < bars.Length; run++)
        {
            double from = 0;
            for (int kind = 0; kind < Fills.Length; kind++)
            {
                double part = bars[run].Parts[kind];
                if (part > 0) Part(plot, run, from / unit, (from + part) / unit, kind, part / bars[run].Parts.Sum(), area * part / longest);
                from += part;
            }
        }
        RowLabels.Left(plot, PlottedRun.Names(drawn), row, nameWidth);
        plot.Axes.SetLimitsX(0, 1.03 * Math.Max(longest / unit, double.Epsilon));
        plot.Grid.YAxisStyle.IsVisible = false;
        IEnumerable<LegendKey> keys = Enumerable.Range(0, Fills.Length).Where(kind => bars.Any(bar => bar.Parts[kind] > 0)).Select(kind => new LegendKey(LedgerBar.Kinds[kind]) { Fill = Fills[kind] });
        return new Figure("Operations by what they were for", runs.Count == 1 ? drawn[0].Described : drawn.Length == runs.Count ? $"{runs.Count} runs" : $"{drawn.Length} of {runs.Count} runs; the others have no summary.json", sheet, keys, (row * drawn.Length) + 64, new Panel(plot));
    }

    private static void Part(Plot plot, int run, double from, double to, int kind, double share, double points)
    {
        var bar = plot.Add.Rectangle(from, to, -run - 0.36, -run + 0.36);
        bar.FillColor = Fills[kind];
        bar.LineColor = Palette.Quiet;
        bar.LineWidth = 0.7f;
        string text = string.Create(CultureInfo.InvariantCulture, $"{100 * share:0} %");
        if (PictureFont.Width(text, Panel.TextSize) + 8 > points) return;
        var label = plot.Add.Text(text, (from + to) / 2, -run);
        label.LabelAlignment = Alignment.MiddleCenter;
        label.LabelFontColor = Palette.On(Fills[kind]);
        label.LabelFontSize = Panel.TextSize;
        label.LabelFontName = PictureFont.Name;
    }
}
