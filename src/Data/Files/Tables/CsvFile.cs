using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;

namespace ResearchFreeze.Data;

/// <summary>Reads rows from a CSV file: one column of labels, numbers in all others that are used.</summary>
internal sealed class CsvFile
{
    // Longer than any number, or than any text that is a sample, and short enough that a file without line ends is refused at once.
    private const int LongestField = 1 << 16, LongestText = 1 << 20;

    private readonly string path;
    private readonly CsvParser parser;
    private readonly string[] names;
    private readonly TableColumns columns;
    private readonly bool hasHeader;

    private CsvFile(string path, CsvParser parser, bool hasHeader, Func<string[], TableColumns> choose)
    {
        (this.path, this.parser, this.hasHeader) = (path, parser, hasHeader);
        if (!parser.Read()) throw new DataFormatException(path, hasHeader ? "a header row with the names of the columns" : "rows of fields", "an empty file");
        names = hasHeader ? [.. parser.Record!] : [.. Enumerable.Range(0, parser.Count).Select(column => $"c{column}")];
        columns = choose(names);
    }

    /// <summary>Reads all rows.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What is read.</param>
    /// <param name="like">The columns of a file that was read before, whose names this one must have; null: those that the options say.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DataFormatException">The header, a row or a cell is wrong: the message names the line and the column.</exception>
    public static Table Read(string path, CsvOptions options, TableColumns? like = null) =>
        Read(path, options, new Reading(TrimOptions.Trim, LongestField, CsvMode.RFC4180), names => like?.In(path, names) ?? TableColumns.Choose(path, names, options), file => file.Rows());

    /// <summary>Reads all rows of texts.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DataFormatException">The header, a row or a cell is wrong: the message names the line and the column.</exception>
    public static TextRows Read(string path, TextOptions options) =>
        Read(path, new CsvOptions { Header = options.Header, Separator = options.Separator }, new Reading(TrimOptions.None, LongestText, options.Quotes ? CsvMode.RFC4180 : CsvMode.NoEscape), names => TableColumns.Choose(path, names, options), file => file.Texts(options.SkipsOddRows));

    private static T Read<T>(string path, CsvOptions options, Reading how, Func<string[], TableColumns> choose, Func<CsvFile, T> read)
    {
        if (options.Separator is not (',' or ';' or '\t')) throw new ArgumentException($"{path}: a separator is a comma, a semicolon or a tab, found '{options.Separator}'.");
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: no such file.", path);
        var configuration = new CsvConfiguration(CultureInfo.InvariantCulture) { TrimOptions = how.Trim, MaxFieldSize = how.Longest, Delimiter = $"{options.Separator}", Mode = how.Mode };
        using var parser = new CsvParser(new StreamReader(path, StrictText.Encoding), configuration);
        try
        {
            return read(new CsvFile(path, parser, options.Header, choose));
        }
        catch (DecoderFallbackException error)
        {
            throw StrictText.Wrong(path, error);
        }
        catch (BadDataException error)
        {
            // The library's own messages have many lines.
            throw new DataFormatException(path, "quotes around a whole field only, and doubled inside it", $"another one at line {parser.RawRow}", error);
        }
        catch (CsvHelperException error)
        {
            throw new DataFormatException(path, $"rows of fields of at most {how.Longest} characters", $"a longer one at line {parser.RawRow}", error);
        }
    }

    private Table Rows()
    {
        var values = new List<float>();
        var labels = new List<string>();
        // Without a header the first row is a sample, and has been read to count its fields.
        for (bool isThere = !hasHeader || parser.Read(); isThere; isThere = parser.Read())
        {
            if (parser.Count != names.Length) throw new DataFormatException(path, $"{names.Length} fields a row, as the {(hasHeader ? "header" : "first")} has", $"{parser.Count} at line {parser.RawRow}");
            if ((long)values.Count + columns.UsedAt.Length > Array.MaxLength) throw new DataFormatException(path, $"at most {Array.MaxLength} numbers", $"more at line {parser.RawRow}");
            foreach (int column in columns.UsedAt) values.Add(Number(column));
            string label = parser[columns.LabelAt];
            if (label.Length == 0) throw new DataFormatException(path, "a label", $"an empty cell {Place(columns.LabelAt)}");
            labels.Add(label);
        }
        if (labels.Count == 0) throw new DataFormatException(path, "at least one row below the header", "none");
        return new Table(path, columns, [.. values], labels) { HasNames = hasHeader };
    }

    private TextRows Texts(bool skipsOddRows)
    {
        int skipped = 0;
        var texts = new List<string[]>();
        var labels = new List<string>();
        for (bool isThere = !hasHeader || parser.Read(); isThere; isThere = parser.Read())
        {
            if (parser.Count != names.Length && skipsOddRows)
            {
                skipped++;
                continue;
            }
            if (parser.Count != names.Length) throw new DataFormatException(path, $"{names.Length} fields a row, as the {(hasHeader ? "header" : "first")} has", $"{parser.Count} at line {parser.RawRow}");
            string label = parser[columns.LabelAt].Trim();
            if (label.Length == 0) throw new DataFormatException(path, "a label", $"an empty cell {Place(columns.LabelAt)}");
            texts.Add([.. columns.UsedAt.Select(column => parser[column])]);
            labels.Add(label);
        }
        return labels.Count > 0 ? new TextRows(path, texts, labels) { Skipped = skipped } : throw new DataFormatException(path, "at least one row below the header", "none");
    }

    private float Number(int column)
    {
        bool isNumber = float.TryParse(parser[column], NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && float.IsFinite(value);
        return isNumber ? value : throw new DataFormatException(path, $"a finite number (or ignore={names[column]}, to leave the column out)", $"{TableText.Shown(parser[column])} {Place(column)}");
    }

    private string Place(int column) => $"at line {parser.RawRow}, column '{names[column]}'";

    private readonly record struct Reading(TrimOptions Trim, int Longest, CsvMode Mode);
}
