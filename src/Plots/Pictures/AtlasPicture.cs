using System.Globalization;
using ResearchFreeze.Evaluation;
using ScottPlot;

namespace ResearchFreeze.Plots;

/// <summary>What freezing each unit, or prefix, at each step of a full training cost in the end, and what it saved.</summary>
internal sealed class AtlasPicture : Picture
{
    private const float RowHeight = 52;

    // Upper bounds of the colours, in nats; what is dearer has the last colour.
    private static readonly double[] Bounds = [0.003, 0.01, 0.03, 0.1];
    private static readonly Color[] Colors = [new("#F7FBFF"), new("#C6DBEF"), new("#6BAED6"), new("#2171B5"), new("#08306B")];

    public override string Name => "atlas";

    internal override bool IsOf(PlottedRun run) => run.Atlas is not null;

    public override string? Lacks(IReadOnlyList<PlottedRun> runs) =>
        runs[0].Atlas is null ? "the folder is no atlas; freeze atlas makes one" : runs[0].Forks.Count == 0 ? "none of its forks is done" : null;

    internal override Figure Draw(IReadOnlyList<PlottedRun> runs, Sheet sheet)
    {
        (AtlasPlan plan, IReadOnlyList<AtlasRow> rows) = (runs[0].Atlas!, runs[0].Forks);
        Plot plot = Panel.New("frozen after so many steps", plan.Kind == AtlasPlan.Each ? "frozen unit" : "frozen, with all before it");
        // From the input, at the bottom, to the output.
        int[] targets = [.. plan.Targets.Reverse()];
        string[] names = [.. targets.Select(unit => plan.Units[unit])];
        float left = RowLabels.Left(plot, names, RowHeight, sheet.Width / 4, hasTitle: true), width = (sheet.Width - left - 18) / plan.At.Count;
        for (int row = 0; row < targets.Length; row++)
        {
            for (int column = 0; column < plan.At.Count; column++)
            {
                if (rows.FirstOrDefault(fork => fork.Unit == targets[row] && fork.Step == plan.At[column]) is { } fork) Cell(plot, row, column, fork, width);
            }
        }
        float below = RowLabels.Bottom(plot, [.. plan.At.Select(step => step.ToString(CultureInfo.InvariantCulture))], width, 80);
        plot.Axes.SetLimits(-0.5, plan.At.Count - 0.5, -targets.Length + 0.5, 0.5);
        plot.HideGrid();
        LegendKey[] keys = [.. Colors.Select((color, i) => new LegendKey(i == 0 ? $"at most {Text(Bounds[0])}" : i < Bounds.Length ? $"to {Text(Bounds[i])}" : "more nats") { Fill = color })];
        string said = FormattableString.Invariant($"in 0.001 nats of loss on test data, below it what it saves of all operations; {plan.Steps} steps, seed {plan.Seed}, {plan.Data}, {plan.Model}");
        return new Figure("Price of a freeze, measured by forks of full training", said, sheet, keys, (RowHeight * targets.Length) + below + 12, new Panel(plot));
    }

    private static void Cell(Plot plot, int row, int column, AtlasRow fork, float width)
    {
        int at = Array.FindIndex(Bounds, bound => fork.Price <= bound);
        var box = plot.Add.Rectangle(column - 0.5, column + 0.5, -row - 0.5, -row + 0.5);
        box.FillColor = Colors[at < 0 ? Bounds.Length : at];
        box.LineColor = Palette.Line;
        box.LineWidth = 0.7f;
        Label((1000 * fork.Price).ToString("+0.0;\u22120.0;0.0", CultureInfo.InvariantCulture), 0.14, Panel.TextSize + 1);
        Label(string.Create(CultureInfo.InvariantCulture, $"{100 * fork.Saved:0} %"), -0.2, Panel.TextSize - 1);

        void Label(string text, double up, float size)
        {
            if (PictureFont.Width(text, size) + 4 > width) return;
            var label = plot.Add.Text(text, column, -row + up);
            label.LabelAlignment = Alignment.MiddleCenter;
            label.LabelFontName = PictureFont.Name;
            label.LabelFontSize = size;
            label.LabelFontColor = Palette.On(box.FillColor);
        }
    }

    private static string Text(double nats) => nats.ToString(CultureInfo.InvariantCulture);
}
