using System.Globalization;
using CsvHelper;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>A metric's table as CSV: a header of columns, and each row with its heading. An axis with a place for each class is headed by their names.</summary>
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

    /// <summary>Reads a table back; its rows' headings are the class names.</summary>
    /// <exception cref="FormatException">It is none; the message has the line.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static NamedTable Read(string path)
    {
        using var text = new StreamReader(path);
        using var csv = new CsvParser(text, CultureInfo.InvariantCulture);
        if (!csv.Read()) throw new FormatException($"'{path}' is empty, expected a metric's table.");
        string[] header = csv.Record!;
        var rows = new List<string[]>();
        while (csv.Read())
        {
            if (csv.Count != header.Length) throw new FormatException($"'{path}', line {csv.RawRow}: expected {header.Length} fields, found {csv.Count}.");
            rows.Add(csv.Record!);
        }
        var cells = new double[rows.Count, header.Length - 1];
        for (int row = 0; row < rows.Count; row++)
        {
            for (int column = 1; column < header.Length; column++)
            {
                if (!double.TryParse(rows[row][column], NumberStyles.Float, CultureInfo.InvariantCulture, out cells[row, column - 1]))
                    throw new FormatException($"'{path}', row '{rows[row][0]}': '{header[column]}' must be a number, found '{rows[row][column]}'.");
            }
        }
        return new NamedTable(header[0], cells, [.. rows.Select(row => row[0])]);
    }

    private static string Heading(NamedTable table, int axis, int index) =>
        table.ClassNames is { } names && names.Count == table.Cells.GetLength(axis) ? names[index] : index.ToString(CultureInfo.InvariantCulture);
}
