using System.Globalization;
using CsvHelper;

namespace ResearchFreeze.Evaluation;

/// <summary>A data set's file: a header, and rows of texts. An empty field is a number that is not known.</summary>
internal sealed class AtlasText
{
    private readonly string path;
    private readonly List<string[]> lines = [];

    private AtlasText(string path, string[] columns) => (this.path, Columns) = (path, columns);

    public IReadOnlyList<string> Columns { get; }

    public IEnumerable<Row> Rows => lines.Select((fields, i) => new Row(this, fields, i + 2));

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="needed">Columns that it must have.</param>
    /// <exception cref="FormatException">It lacks one, or a line has another number of fields.</exception>
    public static AtlasText Read(string path, IReadOnlyList<string> needed)
    {
        using var text = new StreamReader(path);
        using var csv = new CsvParser(text, CultureInfo.InvariantCulture);
        if (!csv.Read()) throw new FormatException($"'{path}' is empty, expected the columns {string.Join(", ", needed)}.");
        var table = new AtlasText(path, csv.Record!);
        if (needed.FirstOrDefault(name => !table.Columns.Contains(name)) is { } missing) throw new FormatException($"'{path}' has no column '{missing}'; it has {string.Join(", ", table.Columns.Take(20))}.");
        while (csv.Read())
        {
            if (csv.Count != table.Columns.Count) throw new FormatException($"'{path}', line {csv.RawRow}: expected {table.Columns.Count} fields, found {csv.Count}.");
            table.lines.Add(csv.Record!);
        }
        return table;
    }

    /// <summary>As it is written: shortest, and read back as the same number; not known: empty.</summary>
    public static string Number(double value) => double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : "";

    /// <summary>A row, by its columns' names.</summary>
    public readonly struct Row(AtlasText table, string[] fields, int line)
    {
        public string Word(string column) => fields[table.Columns.ToList().IndexOf(column)];

        public long Whole(string column) => long.TryParse(Word(column), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : throw Wrong(column, "a whole number");

        public double Real(string column) => Word(column).Length == 0 ? double.NaN : double.TryParse(Word(column), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : throw Wrong(column, "a number");

        private FormatException Wrong(string column, string expected) => new($"'{table.path}', line {line}: '{column}' must be {expected}, found '{Word(column)}'.");
    }
}
