using System.Globalization;
using CsvHelper;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>Writes a metric's table as CSV: a header of columns, and each row with its heading. An axis with a place for each class is headed by their names.</summary>
internal static class TableFile
{
    public static void Write(string path, NamedTable table) => AtomicFile.Write(path, stream =>
    {
        using var text = new StreamWriter(stream, leaveOpen: true);
        using var csv = new CsvWriter(text, CultureInfo.InvariantCulture);
        csv.WriteField(table.Name);
        for (int column = 0; column < table.Cells.GetLength(1); column++) csv.WriteField(Heading(table, 1, column));
        csv.NextRecord();
        for (int row = 0; row < table.Cells.GetLength(0); row++)
        {
            csv.WriteField(Heading(table, 0, row));
            for (int column = 0; column < table.Cells.GetLength(1); column++) csv.WriteField(table.Cells[row, column]);
            csv.NextRecord();
        }
    });

    private static string Heading(NamedTable table, int axis, int index) =>
        table.ClassNames is { } names && names.Count == table.Cells.GetLength(axis) ? names[index] : index.ToString(CultureInfo.InvariantCulture);
}
