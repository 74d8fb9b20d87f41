using System.Text;
using System.Text.Json;

namespace ResearchFreeze.Data;

/// <summary>Reads a tokenizer's JSON files, which have what somebody else's library wrote.</summary>
internal static class TokenizerJson
{
    /// <summary>The field with the settings of a tokenizer that we have written.</summary>
    public const string Own = "researchfreeze";

    /// <summary>Fields of ours: what stands around a sample of byte pairs, which Hugging Face's files say in other ways, and what a text may have written out.</summary>
    public const string Begin = "sample_begin", Separator = "sample_separator", Specials = "specials";

    /// <summary>The object that a file is.</summary>
    /// <exception cref="DataFormatException">It is none.</exception>
    public static JsonElement Read(string path) => Strict(path, () =>
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path, StrictText.Encoding));
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : throw new DataFormatException(path, "an object of JSON", "something else");
        }
        catch (JsonException error)
        {
            throw new DataFormatException(path, "an object of JSON", FormattableString.Invariant($"something else at line {(error.LineNumber ?? 0) + 1}"), error);
        }
    });

    /// <summary>A field of some kind.</summary>
    /// <exception cref="DataFormatException">There is none.</exception>
    public static JsonElement Field(string path, JsonElement parent, string name, JsonValueKind kind) =>
        parent.TryGetProperty(name, out JsonElement field) && field.ValueKind == kind ? field : throw new DataFormatException(path, $"a field '{name}' that is an {kind.ToString().ToLowerInvariant()}", "none");

    /// <summary>A text; null: there is none.</summary>
    public static string? Text(JsonElement parent, string name) => parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement field) && field.ValueKind == JsonValueKind.String ? field.GetString() : null;

    /// <summary>A truth value; null: there is none.</summary>
    public static bool? Flag(JsonElement? parent, string name) => parent is { } there && there.TryGetProperty(name, out JsonElement field) && field.ValueKind is JsonValueKind.True or JsonValueKind.False ? field.GetBoolean() : null;

    /// <summary>A token, which is a text or an object that has it; null: there is none.</summary>
    public static string? Token(JsonElement? parent, string name)
    {
        if (parent is not { } there) return null;
        return Text(there, name) ?? (there.TryGetProperty(name, out JsonElement field) ? Text(field, "content") : null);
    }

    /// <summary>A tokenizer as one file: its model as Hugging Face's <c>tokenizer.json</c> has it, and its settings beside it.</summary>
    /// <param name="type">The model's type.</param>
    /// <param name="vocabulary">The tokens with their ids, in the order of these.</param>
    /// <param name="merges">Of byte pairs; null: there are none.</param>
    /// <param name="settings">Writes the settings.</param>
    public static string Write(string type, IEnumerable<(string Token, int Id)> vocabulary, IReadOnlyList<string>? merges, Action<Utf8JsonWriter> settings)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteStartObject(Own);
            settings(json);
            json.WriteEndObject();
            if (merges is not null)
            {
                json.WriteStartObject("pre_tokenizer");
                json.WriteString("type", "ByteLevel");
                json.WriteEndObject();
            }
            json.WriteStartObject("model");
            json.WriteString("type", type);
            json.WriteStartObject("vocab");
            foreach ((string token, int id) in vocabulary) json.WriteNumber(token, id);
            json.WriteEndObject();
            if (merges is not null)
            {
                json.WriteStartArray("merges");
                foreach (string merge in merges) json.WriteStringValue(merge);
                json.WriteEndArray();
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(text.ToArray());
    }

    /// <summary>Reads, and tells bytes and escapes that are no text.</summary>
    public static T Strict<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (DecoderFallbackException error)
        {
            throw StrictText.Wrong(path, error);
        }
        catch (InvalidOperationException error)
        {
            throw new DataFormatException(path, "texts of whole characters", "an escape of half a one (\\ud800 to \\udfff)", error);
        }
    }
}
