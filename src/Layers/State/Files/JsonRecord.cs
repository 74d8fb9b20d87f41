using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace ResearchFreeze.Layers;

/// <summary>
/// Records as JSON, written and read by the same type through source generation. What is read is held against the type first: what does not fit is one sentence with the line, the key, what was expected and what was found.
/// </summary>
public static class JsonRecord
{
    /// <summary>Writes a record into a file of its own, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="record">The record.</param>
    /// <param name="type">Its type, of a generated context.</param>
    /// <param name="replaces">Whether a file that is there is replaced.</param>
    /// <exception cref="IOException">It cannot be written, or is there and is not to be replaced.</exception>
    public static void Write<T>(string path, T record, JsonTypeInfo<T> type, bool replaces = true) =>
        AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, record, type), replaces);

    /// <summary>Reads a file with one record.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What it should be, for messages: <c>a run's settings</c>.</param>
    /// <param name="type">The record's type, of a generated context.</param>
    /// <param name="schema">The version of its form.</param>
    /// <exception cref="FormatException">It is none; the message has the file, and the line where one is to blame.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static T Read<T>(string path, string what, JsonTypeInfo<T> type, int schema)
    {
        ArgumentNullException.ThrowIfNull(type);
        byte[] json = Encoding.UTF8.GetBytes(File.ReadAllText(path));
        if (Fault(json, type, schema) is { } fault) throw new FormatException($"'{path}', line {fault.Line}, is not {what}: {fault.What}.");
        try
        {
            return JsonSerializer.Deserialize(json, type)!;
        }
        catch (ArgumentException exception)
        {
            // A property's own limits: the same as where it is set in code.
            throw new FormatException($"'{path}' is not {what}: {exception.Message}", exception);
        }
    }

    /// <summary>Reads a record.</summary>
    /// <param name="json">The text, in UTF-8.</param>
    /// <param name="type">The record's type, of a generated context.</param>
    /// <param name="schema">The version of its form; 0: it carries none.</param>
    /// <exception cref="FormatException">It is none.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type, int schema = 0)
    {
        ArgumentNullException.ThrowIfNull(type);
        if (Fault(json, type, schema) is { } fault) throw new FormatException($"{fault.What}.");
        return JsonSerializer.Deserialize(json, type)!;
    }

    /// <summary>Whether an object has a key at its first level; false where it is none.</summary>
    public static bool Has(ReadOnlySpan<byte> json, ReadOnlySpan<byte> key)
    {
        var reader = new Utf8JsonReader(json);
        try
        {
            return MovedTo(ref reader, key);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>What does not fit, and in which line; null: all does.</summary>
    private static (int Line, string What)? Fault(ReadOnlySpan<byte> json, JsonTypeInfo type, int schema)
    {
        var shape = new JsonShape(json, type.Options);
        try
        {
            if (schema != 0 && SchemaOf(json) is var found && found != schema) return (1, $"schema {found?.ToString(CultureInfo.InvariantCulture) ?? "none"}, expected {schema}");
            shape.Check(type);
            return null;
        }
        catch (JsonException exception)
        {
            // The parser appends its own place to what it says, and may quote a line end.
            string message = exception.Message.Split(" LineNumber:", 2)[0].ReplaceLineEndings(" ").TrimEnd('.', ' ');
            return ((int)(exception.LineNumber ?? 0) + 1, message);
        }
        catch (FormatException exception)
        {
            return (shape.Line, exception.Message);
        }
    }

    private static int? SchemaOf(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        return MovedTo(ref reader, "schema"u8) && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int schema) ? schema : null;
    }

    /// <summary>Moves to the value of a key of the first level.</summary>
    private static bool MovedTo(ref Utf8JsonReader reader, ReadOnlySpan<byte> key)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isIt = reader.ValueTextEquals(key);
            reader.Read();
            if (isIt) return true;
            reader.Skip();
        }
        return false;
    }
}
