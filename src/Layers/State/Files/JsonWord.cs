using System.Text.Json;
using System.Text.Json.Serialization;

namespace ResearchFreeze.Layers;

/// <summary>An enumeration's member as its name in small letters. No number, no list and no other spelling is read as one.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
public sealed class JsonWord<T> : JsonConverter<T>
    where T : struct, Enum
{
    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string? word = reader.GetString();
        foreach (T member in Enum.GetValues<T>())
        {
            if (WordOf(member) == word) return member;
        }
        throw new JsonException($"'{word}' is none of {string.Join(", ", Enum.GetValues<T>().Select(WordOf))}.");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(WordOf(value));
    }

    private static string WordOf(T member) => member.ToString().ToLowerInvariant();
}
