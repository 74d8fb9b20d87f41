using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ResearchFreeze.Data;

/// <summary>Reads rows from a file of JSON Lines: an object a line, the same fields in each, whose label is a number, a text, true or false, and whose other used fields are numbers. Empty lines are none.</summary>
internal static class JsonLinesFile
{
    /// <summary>Reads all rows. Columns are the first object's fields, in its order.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What is read.</param>
    /// <param name="like">The columns of a file that was read before, whose names this one must have; null: those that the options say.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DataFormatException">A line or a field is wrong: the message names the line and the field.</exception>
    public static Table Read(string path, TableOptions options, TableColumns? like = null)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: no such file.", path);
        try
        {
            return Rows(path, options, like);
        }
        catch (DecoderFallbackException error)
        {
            throw StrictText.Wrong(path, error);
        }
    }

    /// <summary>Reads all rows of texts: a label as in tables, and fields that are texts.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DataFormatException">A line or a field is wrong: the message names the line and the field.</exception>
    public static TextRows Read(string path, TextOptions options)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: no such file.", path);
        var texts = new List<string[]>();
        var labels = new List<string>();
        try
        {
            foreach ((int i, string line) in File.ReadLines(path, StrictText.Encoding).Index())
            {
                if (string.IsNullOrWhiteSpace(line)) continue;
                string place = $"line {i + 1}";
                using JsonDocument row = Parse(path, line, place);
                if (row.RootElement.ValueKind != JsonValueKind.Object) throw new DataFormatException(path, "an object a line", $"{Kind(row.RootElement)} at {place}");
                texts.Add([.. options.Text.Select(name => Text(path, row.RootElement, name, place))]);
                labels.Add(Label(path, row.RootElement, options.Label, place));
            }
        }
        catch (DecoderFallbackException error)
        {
            throw StrictText.Wrong(path, error);
        }
        return labels.Count > 0 ? new TextRows(path, texts, labels) : throw new DataFormatException(path, "at least one line with an object", "none");
    }

    private static string Text(string path, JsonElement row, string name, string place)
    {
        JsonElement field = Field(path, row, name, place);
        return field.ValueKind == JsonValueKind.String ? Decoded(path, field.GetString, place)! : throw new DataFormatException(path, "a text", $"{Kind(field)} at {place}, field '{name}'");
    }

    private static Table Rows(string path, TableOptions options, TableColumns? like)
    {
        var values = new List<float>();
        var labels = new List<string>();
        string[]? names = null;
        TableColumns? columns = null;
        foreach ((int i, string line) in File.ReadLines(path, StrictText.Encoding).Index())
        {
            if (string.IsNullOrWhiteSpace(line)) continue;
            string place = $"line {i + 1}";
            using JsonDocument row = Parse(path, line, place);
            string[] fields = row.RootElement.ValueKind == JsonValueKind.Object ? [.. row.RootElement.EnumerateObject().Select(field => Decoded(path, () => field.Name, place)!)] : throw new DataFormatException(path, "an object a line", $"{Kind(row.RootElement)} at {place}");
            if (columns is null)
            {
                names = fields;
                columns = like?.In(path, names) ?? TableColumns.Choose(path, names, options);
            }
            if (fields.Length != names!.Length) throw new DataFormatException(path, $"{names.Length} fields a line, as the first has", $"{fields.Length} at {place}");
            if ((long)values.Count + columns.Used.Length > Array.MaxLength) throw new DataFormatException(path, $"at most {Array.MaxLength} numbers", $"more at {place}");
            foreach (string name in columns.Used) values.Add(Number(path, row.RootElement, name, place));
            labels.Add(Label(path, row.RootElement, columns.Label, place));
        }
        return columns is null ? throw new DataFormatException(path, "at least one line with an object", "none") : new Table(path, columns, [.. values], labels);
    }

    private static JsonDocument Parse(string path, string line, string place)
    {
        try
        {
            return JsonDocument.Parse(line, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (InvalidOperationException error)
        {
            throw Halved(path, place, error);
        }
        catch (JsonException error)
        {
            throw new DataFormatException(path, "an object of JSON a line, each field once", $"{TableText.Shown(line)} at {place}", error);
        }
    }

    /// <summary>A text with its escapes resolved, which is done no earlier.</summary>
    private static string? Decoded(string path, Func<string?> text, string place)
    {
        try
        {
            return text();
        }
        catch (InvalidOperationException error)
        {
            throw Halved(path, place, error);
        }
    }

    private static DataFormatException Halved(string path, string place, InvalidOperationException error) => new(path, "texts of whole characters", $"an escape of half a one (\\ud800 to \\udfff) at {place}", error);

    private static float Number(string path, JsonElement row, string name, string place)
    {
        JsonElement field = Field(path, row, name, place);
        if (field.ValueKind == JsonValueKind.Number && field.TryGetSingle(out float value) && float.IsFinite(value)) return value;
        throw new DataFormatException(path, $"a finite number (or ignore={name}, to leave the field out)", $"{Kind(field)} at {place}, field '{name}'");
    }

    private static string Label(string path, JsonElement row, string name, string place)
    {
        JsonElement field = Field(path, row, name, place);
        return field.ValueKind switch
        {
            // 1 and 1.0 are as different as they are written, as in a CSV file.
            JsonValueKind.Number => field.GetRawText(),
            JsonValueKind.True or JsonValueKind.False => field.GetBoolean().ToString(CultureInfo.InvariantCulture).ToLowerInvariant(),
            JsonValueKind.String when Decoded(path, field.GetString, place) is { Length: > 0 } text => text,
            _ => throw new DataFormatException(path, "a label: a number, a text that is not empty, true or false", $"{Kind(field)} at {place}, field '{name}'"),
        };
    }

    private static JsonElement Field(string path, JsonElement row, string name, string place) =>
        row.TryGetProperty(name, out JsonElement field) ? field : throw new DataFormatException(path, $"a field '{name}'", $"none at {place}");

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        _ => TableText.Shown(element.GetRawText()),
    };
}
