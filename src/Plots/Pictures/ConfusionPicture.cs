using System.Globalization;
using ResearchFreeze.Training;
using ScottPlot;

namespace ResearchFreeze.Plots;

/// <summary>Which classes are taken for which: counts, coloured by the share of their true class.</summary>
internal sealed class ConfusionPicture : Picture
{
    private const float LargestCell = 84;

    public override string Name => "confusion";

    public override string? Lacks(IReadOnlyList<PlottedRun> runs) => runs[0].Confusion is null ? "the run has no confusion table; pass --metrics confusion to freeze train" : null;

    internal override Figure Draw(IReadOnlyList<PlottedRun> runs, Sheet sheet)
    {
        NamedTable table = runs[0].Confusion!;
        int rows = table.Cells.GetLength(0), columns = table.Cells.GetLength(1);
        IReadOnlyList<string> names = table.ClassNames!;
        Plot plot = Panel.New("predicted class", "true class");
        float most = sheet.Width / 5, widest = Math.Min(most, names.Max(name => PictureFont.Width(name, Panel.TextSize)));
        float cell = Math.Min(LargestCell, (sheet.Width - widest - 64) / columns);
        for (int row = 0; row < rows; row++)
        {
            double sum = Enumerable.Range(0, columns).Sum(column => table.Cells[row, column]);
            for (int column = 0; column < columns; column++) Cell(plot, row, column, table.Cells[row, column], sum == 0 ? 0 : table.Cells[row, column] / sum, cell);
        }
        float left = RowLabels.Left(plot, names, cell, most, hasTitle: true);
        float below = RowLabels.Bottom(plot, names, cell, most);
        // Cells are squares: what they leave of the sheet stays empty.
        plot.Axes.Right.MinimumSize = sheet.Width - left - (columns * cell);
        plot.Axes.SetLimits(-0.5, columns - 0.5, -rows + 0.5, 0.5);
        plot.HideGrid();
        return new Figure("Confusion on test data, coloured by the share of the true class", runs[0].Described, sheet, [], (cell * rows) + below + 12, new Panel(plot));
    }

    private static void Cell(Plot plot, int row, int column, double count, double share, float size)
    {
        var box = plot.Add.Rectangle(column - 0.5, column + 0.5, -row - 0.5, -row + 0.5);
        box.FillColor = Palette.Share(share);
        box.LineColor = Palette.Line;
        box.LineWidth = size < 8 ? 0 : 0.7f;
        string text = count.ToString("0.##", CultureInfo.InvariantCulture);
        if (count == 0 || size < Panel.TextSize + 2 || PictureFont.Width(text, Panel.TextSize) + 4 > size) return;
        var label = plot.Add.Text(text, column, -row);
        label.LabelAlignment = Alignment.MiddleCenter;
        label.LabelFontName = PictureFont.Name;
        label.LabelFontSize = Panel.TextSize;
        label.LabelFontColor = Palette.On(box.FillColor);
    }
}
