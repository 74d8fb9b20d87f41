using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;

namespace ResearchFreeze.Data;

/// <summary>Reads samples from a CSV file: a header row, one column of labels, numbers in all others. Columns keep their order; a sample's id is its row.</summary>
internal sealed class CsvFile
{
    // Longer than any number, and short enough that a file without line ends is refused at once.
    private const int LongestField = 1 << 16;

    private readonly string path;
    private readonly CsvParser parser;
    private readonly string[] columns;
    private readonly int labelAt;

    private CsvFile(string path, CsvParser parser, string label)
    {
        (this.path, this.parser) = (path, parser);
        if (!parser.Read()) throw new DataFormatException(path, "a header row with the names of the columns", "an empty file");
        columns = [.. parser.Record!];
        int[] found = [.. Enumerable.Range(0, columns.Length).Where(column => columns[column] == label)];
        if (found.Length != 1) throw new DataFormatException(path, $"one column '{label}' with the labels", found.Length == 0 ? $"the columns {Shown(columns)}" : $"{found.Length} of them");
        if (columns.Length < 2) throw new DataFormatException(path, $"a column of numbers beside '{label}'", "none");
        labelAt = found[0];
    }

    /// <summary>Reads all rows.</summary>
    /// <param name="path">The file.</param>
    /// <param name="label">The name of the label column.</param>
    /// <param name="textLabels">Takes labels as names even where all are whole numbers.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DataFormatException">The header, a row or a cell is wrong: the message names the line and the column.</exception>
    public static HostDataSet Read(string path, string label, bool textLabels)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: no such file.", path);
        var configuration = new CsvConfiguration(CultureInfo.InvariantCulture) { TrimOptions = TrimOptions.Trim, MaxFieldSize = LongestField };
        using var parser = new CsvParser(new StreamReader(path), configuration);
        try
        {
            return new CsvFile(path, parser, label).Rows(textLabels);
        }
        catch (BadDataException error)
        {
            // The library's own messages have many lines.
            throw new DataFormatException(path, "quotes around a whole field only, and doubled inside it", $"another one at line {parser.RawRow}", error);
        }
        catch (CsvHelperException error)
        {
            throw new DataFormatException(path, $"rows of fields of at most {LongestField} characters", $"a longer one at line {parser.RawRow}", error);
        }
    }

    private HostDataSet Rows(bool textLabels)
    {
        var values = new List<float>();
        var labels = new List<string>();
        while (parser.Read())
        {
            if (parser.Count != columns.Length) throw new DataFormatException(path, $"{columns.Length} fields a row, as the header has", $"{parser.Count} at line {parser.RawRow}");
            if ((long)values.Count + columns.Length > Array.MaxLength) throw new DataFormatException(path, $"at most {Array.MaxLength} numbers", $"more at line {parser.RawRow}");
            for (int column = 0; column < columns.Length; column++)
            {
                if (column != labelAt) values.Add(Number(column));
            }
            if (parser[labelAt].Length == 0) throw new DataFormatException(path, "a label", $"an empty cell {Place(labelAt)}");
            labels.Add(parser[labelAt]);
        }
        if (labels.Count == 0) throw new DataFormatException(path, "at least one row below the header", "none");
        (int[] classes, string[] names) = textLabels || !labels.TrueForAll(IsWhole) ? Named(labels) : Numbered(labels);
        return HostDataSet.FromArrays([.. values], [columns.Length - 1], classes, names.Length, path).WithClassNames(names);
    }

    private float Number(int column)
    {
        bool isNumber = float.TryParse(parser[column], NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && float.IsFinite(value);
        return isNumber ? value : throw new DataFormatException(path, "a finite number", $"{Shown(parser[column])} {Place(column)}");
    }

    private string Place(int column) => $"at line {parser.RawRow}, column '{columns[column]}'";

    private static (int[] Classes, string[] Names) Named(List<string> labels)
    {
        string[] names = [.. labels.Distinct().Order(StringComparer.Ordinal)];
        return ([.. labels.Select(label => Array.BinarySearch(names, label, StringComparer.Ordinal))], names);
    }

    /// <summary>Whole numbers must be 0 … k−1, each at least once: anything else is more likely a slip than meant, and a large one would make a huge model.</summary>
    private (int[] Classes, string[] Names) Numbered(List<string> labels)
    {
        int[] classes = [.. labels.Select(label => int.Parse(label, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture))];
        int[] distinct = [.. classes.Distinct().Order()];
        for (int label = 0; label < distinct.Length; label++)
        {
            if (distinct[label] != label)
                throw new DataFormatException(path, $"whole labels 0 … {distinct.Length - 1}, without a gap (or labels=text, to take them as names)", $"{distinct[label]} in place of {label}");
        }
        return (classes, [.. distinct.Select(label => label.ToString(CultureInfo.InvariantCulture))]);
    }

    private static bool IsWhole(string label) => int.TryParse(label, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);

    /// <summary>What a cell holds, on one line and not longer than an error should be.</summary>
    private static string Shown(string text)
    {
        string line = text.ReplaceLineEndings(" ");
        return line.Length <= 40 ? $"'{line}'" : $"'{line[..40]}…'";
    }

    private static string Shown(string[] columns) => string.Join(", ", columns.Take(8).Select(Shown)) + (columns.Length > 8 ? ", …" : "");
}
