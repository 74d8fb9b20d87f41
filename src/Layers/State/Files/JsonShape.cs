using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ResearchFreeze.Layers;

/// <summary>Holds JSON against the type of a record, token by token. The serializer would say where it stopped, but neither what it wanted nor what it found.</summary>
internal ref struct JsonShape
{
    private const int MostShown = 40;

    private readonly ReadOnlySpan<byte> json;
    private readonly JsonSerializerOptions options;
    private Utf8JsonReader reader;

    public JsonShape(ReadOnlySpan<byte> json, JsonSerializerOptions options)
    {
        this.json = json;
        this.options = options;
        reader = new Utf8JsonReader(json);
    }

    /// <summary>The line of the token that was read last, from 1.</summary>
    public readonly int Line => json[..(int)reader.TokenStartIndex].Count((byte)'\n') + 1;

    /// <summary>Reads to the end.</summary>
    /// <exception cref="FormatException">Something is of another type than the record's.</exception>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public void Check(JsonTypeInfo type)
    {
        reader.Read();
        Value(type.Type, "", mayBeNull: false);
        reader.Read();      // nothing may follow
    }

    private void Value(Type type, string path, bool mayBeNull)
    {
        Type inner = Nullable.GetUnderlyingType(type) ?? type;
        if (reader.TokenType == JsonTokenType.Null)
        {
            if (!mayBeNull) throw Wrong(path, inner);
        }
        else if (inner == typeof(string)) Text(path);
        else if (inner.IsEnum) Word(path, inner);
        else if (inner.IsPrimitive)
        {
            if (!IsPrimitive(inner)) throw Wrong(path, inner);
        }
        else Nested(options.GetTypeInfo(inner), path);
    }

    private void Nested(JsonTypeInfo type, string path)
    {
        bool isList = type.Kind == JsonTypeInfoKind.Enumerable;
        if (reader.TokenType != (isList ? JsonTokenType.StartArray : JsonTokenType.StartObject)) throw Wrong(path, type.Type);
        if (isList) List(type.ElementType!, path);
        else if (type.Kind == JsonTypeInfoKind.Dictionary) Entries(type.ElementType!, path);
        else Properties(type, path);
    }

    private void List(Type element, string path)
    {
        for (int i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++) Value(element, $"{path}[{i}]", MayBeNull(element));
    }

    private void Entries(Type element, string path)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (NextKey(seen, path) is { } key)
        {
            reader.Read();
            Value(element, Joined(path, key), MayBeNull(element));
        }
    }

    private void Properties(JsonTypeInfo type, string path)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (NextKey(seen, path) is { } key)
        {
            JsonPropertyInfo? property = type.Properties.FirstOrDefault(property => property.Name == key);
            if (property is null && type.UnmappedMemberHandling == JsonUnmappedMemberHandling.Disallow)
                throw new FormatException($"'{Joined(path, key)}' is unknown; known are {string.Join(", ", type.Properties.Select(known => known.Name))}");
            reader.Read();
            if (property is null) reader.Skip();
            else Value(property.PropertyType, Joined(path, key), property.IsSetNullable);
        }
        JsonPropertyInfo? missing = type.Properties.FirstOrDefault(property => property.IsRequired && !seen.Contains(property.Name));
        if (missing is not null) throw new FormatException($"'{Joined(path, missing.Name)}' is missing");
    }

    private string? NextKey(HashSet<string> seen, string path)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.EndObject) return null;
        string key = String(path);
        return seen.Add(key) ? key : throw new FormatException($"'{Joined(path, key)}' is given twice");
    }

    private void Text(string path)
    {
        if (reader.TokenType != JsonTokenType.String) throw Wrong(path, typeof(string));
        String(path);
    }

    private void Word(string path, Type type)
    {
        if (reader.TokenType != JsonTokenType.String || !Words(type).Contains(String(path))) throw Wrong(path, type);
    }

    private readonly bool IsPrimitive(Type type)
    {
        if (type == typeof(bool)) return reader.TokenType is JsonTokenType.True or JsonTokenType.False;
        if (reader.TokenType != JsonTokenType.Number) return false;
        if (type == typeof(int)) return reader.TryGetInt32(out _);
        if (type == typeof(long)) return reader.TryGetInt64(out _);
        if (type == typeof(ulong)) return reader.TryGetUInt64(out _);
        if (type == typeof(float)) return reader.TryGetSingle(out float single) && float.IsFinite(single);
        return reader.TryGetDouble(out double real) && double.IsFinite(real);
    }

    private readonly string String(string path)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new FormatException($"'{path}' has half of a character, found {Found()}");
        }
    }

    private readonly FormatException Wrong(string path, Type type) => new($"{(path.Length == 0 ? "the whole" : $"'{path}'")} must be {Expected(type)}, found {Found()}");

    private readonly string Expected(Type type)
    {
        if (type == typeof(string)) return "text";
        if (type == typeof(bool)) return "true or false";
        if (type.IsEnum) return string.Join(" or ", Words(type));
        if (type == typeof(float) || type == typeof(double)) return "a finite number";
        if (type == typeof(ulong)) return "a whole number from 0";
        if (type.IsPrimitive) return $"a whole number of {(type == typeof(int) ? 32 : 64)} bits";
        return options.GetTypeInfo(type).Kind == JsonTypeInfoKind.Enumerable ? "a list" : "an object";
    }

    private readonly string Found()
    {
        if (reader.TokenType == JsonTokenType.StartObject) return "an object";
        if (reader.TokenType == JsonTokenType.StartArray) return "a list";
        string quote = reader.TokenType == JsonTokenType.String ? "\"" : "", raw = $"{quote}{Encoding.UTF8.GetString(reader.ValueSpan)}{quote}";
        return raw.Length > MostShown ? $"{raw[..MostShown]}…" : raw;
    }

    // Of a list's elements the type says it only where they are values.
    private static bool MayBeNull(Type element) => Nullable.GetUnderlyingType(element) is not null;

    private static IEnumerable<string> Words(Type type) => Enum.GetNames(type).Select(name => name.ToLowerInvariant());

    private static string Joined(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";
}
