using System.Globalization;

namespace ResearchFreeze.Training;

/// <summary>Reads <c>metrics.csv</c> back.</summary>
internal static class MetricsFile
{
    /// <summary>All rows, in order. A last line that was cut off, as a killed run leaves it, is left out.</summary>
    /// <exception cref="FormatException">A line is none of a run's metrics; the message has its number.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<MetricRow> Read(string path)
    {
        // No field is quoted: they are numbers, and a metric's name is letters.
        string[] lines = File.ReadAllText(path).Split('\n');
        string header = lines[0].TrimEnd('\r');
        string[] columns = header.Split(',');
        if (!columns.Take(RunFiles.Columns.Length).SequenceEqual(RunFiles.Columns)) throw new FormatException($"'{path}', line 1: expected the columns {string.Join(',', RunFiles.Columns)}, found '{header}'.");
        // Behind the last line end there is nothing, or what a killed run did not finish.
        return [.. lines.Take(lines.Length - 1).Skip(1).Select((line, i) => Row(path, i + 2, line.TrimEnd('\r').Split(','), columns))];
    }

    private static MetricRow Row(string path, int line, string[] fields, string[] columns)
    {
        if (fields.Length != columns.Length) throw new FormatException($"'{path}', line {line}: expected {columns.Length} fields, found {fields.Length}.");
        return new MetricRow(Whole(0), Whole(1), (float)Real(2), Measured(3), Measured(4), Measured(5), Whole(6), Real(7)) { Further = [.. Enumerable.Range(8, fields.Length - 8).Select(i => Measured(i) ?? double.NaN)] };

        int Whole(int i) => int.TryParse(fields[i], NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : throw Wrong(i, "a whole number");
        double Real(int i) => double.TryParse(fields[i], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : throw Wrong(i, "a number");
        double? Measured(int i) => fields[i].Length == 0 ? null : Real(i);
        FormatException Wrong(int i, string expected) => new($"'{path}', line {line}: '{columns[i]}' must be {expected}, found '{fields[i]}'.");
    }
}
