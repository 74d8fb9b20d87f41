using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;

namespace ResearchFreeze.Data;

/// <summary>Samples without labels, to be predicted: a table of numbers (CSV), a sample a row, or an IDX file of images.</summary>
public static class SampleFile
{
    /// <summary>Reads a file: one whose name has <c>idx3-ubyte</c> is IDX, any other a table.</summary>
    /// <param name="path">The file.</param>
    /// <param name="sampleShape">The shape of one sample.</param>
    /// <param name="bytes">Whether values are bytes, from 0 to 255.</param>
    /// <param name="names">What the values are called: a table's columns are then found by their names, where it has a row of these, and what else it has is left out; null: they go by their places.</param>
    /// <exception cref="IOException">It is missing, or a <see cref="DataFormatException"/> says what is wrong with it.</exception>
    public static HostDataSet Read(string path, IReadOnlyList<int> sampleShape, bool bytes, IReadOnlyList<string>? names = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(sampleShape);
        if (Directory.Exists(path)) throw new DataFormatException(path, "a file of samples", "a folder");
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: no such file.", path);
        if (Path.GetFileName(path).Contains("idx3-ubyte", StringComparison.Ordinal))
        {
            IdxData images = IdxFile.Read(path, 3);
            return HostDataSet.FromPixels(images.Values, images.Dimensions[1..], new int[images.Dimensions[0]], 1, new Normalisation(0, 1), path);
        }
        using var reader = new StreamReader(path, StrictText.Encoding);
        return Read(reader, path, sampleShape, bytes, names);
    }

    /// <summary>Reads a table: as many numbers a row as a sample has values, below a row of names or not.</summary>
    /// <param name="reader">The text.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="sampleShape">The shape of one sample.</param>
    /// <param name="bytes">Whether values are bytes, from 0 to 255.</param>
    /// <param name="names">What the values are called: a table's columns are then found by their names, where it has a row of these, and what else it has is left out; null: they go by their places.</param>
    /// <exception cref="DataFormatException">A row is wrong: the message names the line and the column.</exception>
    public static HostDataSet Read(TextReader reader, string name, IReadOnlyList<int> sampleShape, bool bytes, IReadOnlyList<string>? names = null)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(sampleShape);
        int width = sampleShape.Aggregate(1, (product, extent) => product * extent);
        using var parser = new CsvParser(reader, new CsvConfiguration(CultureInfo.InvariantCulture) { TrimOptions = TrimOptions.Trim }, leaveOpen: true);
        var values = new List<float>();
        // Where in a row each value of a sample is.
        int[] at = [.. Enumerable.Range(0, width)];
        int fieldCount = width, rows = 0;
        try
        {
            while (parser.Read())
            {
                string[] fields = parser.Record!;
                // Names stand above the first sample, and only there.
                bool isHeader = parser.Row == 1 && fields.All(field => !IsNumber(field, out _));
                if (isHeader && names is not null)
                {
                    at = Places(name, fields, names);
                    fieldCount = fields.Length;
                }
                if (fields.Length != fieldCount) throw new DataFormatException(name, fieldCount == width ? $"{width} numbers a row, as a sample has" : $"{fieldCount} fields a row, as the header has", $"{fields.Length} fields at line {parser.RawRow}");
                if (isHeader) continue;
                foreach (int column in at)
                {
                    if (!IsNumber(fields[column], out float value)) throw new DataFormatException(name, "a finite number", $"{TableText.Shown(fields[column])} at line {parser.RawRow}, column {column + 1}");
                    if (bytes && (value is not (>= 0 and <= 255) || value != MathF.Truncate(value))) throw new DataFormatException(name, "whole numbers from 0 to 255, as the images had that the model was trained on", $"{value.ToString(CultureInfo.InvariantCulture)} at line {parser.RawRow}, column {column + 1}");
                    values.Add(value);
                }
                rows++;
            }
        }
        catch (DecoderFallbackException error)
        {
            throw StrictText.Wrong(name, error);
        }
        catch (CsvHelperException error)
        {
            throw new DataFormatException(name, "a table of numbers, separated by commas", $"something else at line {parser.RawRow}", error);
        }
        if (rows == 0) throw new DataFormatException(name, "at least one sample", "none");
        return bytes
            ? HostDataSet.FromPixels([.. values.Select(value => (byte)value)], [.. sampleShape], new int[rows], 1, new Normalisation(0, 1), name)
            : HostDataSet.FromArrays([.. values], [.. sampleShape], new int[rows], 1, name);
    }

    private static bool IsNumber(string text, out float value) => float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && float.IsFinite(value);

    /// <summary>Where a table has the columns that a sample has; the same names in the same places may be there twice.</summary>
    private static int[] Places(string table, string[] columns, IReadOnlyList<string> names)
    {
        if (columns.SequenceEqual(names)) return [.. Enumerable.Range(0, columns.Length)];
        return [.. names.Select(name => columns.Count(column => column == name) == 1 ? Array.IndexOf(columns, name)
            : throw new DataFormatException(table, $"one column '{name}', as the run had", columns.Contains(name) ? "several" : $"the columns {TableText.Shown(columns)}"))];
    }
}
