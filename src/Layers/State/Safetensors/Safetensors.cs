using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// Reads and writes safetensors files: 8 bytes header length, a JSON header, the tensors' bytes. Every length of a file that is read is checked before memory is taken for it.
/// </summary>
public static class Safetensors
{
    // The format's own limit: a header that is larger is an attack or an accident.
    private const long MaxHeader = 100_000_000;

    // Tensors from this size on stay in the file until they are wanted; a read has its price too.
    private const int Large = 1 << 16;

    private static readonly SearchValues<char> TypeLetters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    private const string MetadataKey = "__metadata__";

    /// <summary>Writes the entries in order of their names, beside the path, flushed, then renamed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="entries">The tensors.</param>
    /// <param name="metadata">Texts for the file's <c>__metadata__</c>; null: it has none.</param>
    /// <exception cref="ArgumentException">An entry is called <c>__metadata__</c>, or two have one name.</exception>
    public static void Write(string path, IEnumerable<KeyValuePair<string, SafetensorsEntry>> entries, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(entries);
        KeyValuePair<string, SafetensorsEntry>[] sorted = [.. entries.OrderBy(entry => entry.Key, StringComparer.Ordinal)];
        for (int i = 0; i < sorted.Length; i++)
        {
            if (sorted[i].Key == MetadataKey) throw new ArgumentException($"Safetensors: a tensor cannot be called '{MetadataKey}'.");
            if (i > 0 && sorted[i].Key == sorted[i - 1].Key) throw new ArgumentException($"Safetensors: '{sorted[i].Key}' is there twice.");
        }
        byte[] header = Header(sorted, metadata);
        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach ((_, SafetensorsEntry entry) in sorted)
            {
                foreach (ReadOnlyMemory<byte> piece in entry.Pieces()) stream.Write(piece.Span);
            }
        });
    }

    /// <summary>Reads all entries. The bytes of large ones are read from the file when they are wanted, each time: only what is used takes memory.</summary>
    /// <exception cref="FormatException">The file is not a whole, consistent safetensors file. The message names the file and what is wrong.</exception>
    public static Dictionary<string, SafetensorsEntry> Read(string path)
    {
        OpenFile file = OpenFile.Open(path);
        bool isWanted = false;
        try
        {
            byte[] header = ReadHeader(file);
            long dataStart = sizeof(long) + header.Length;
            var result = new Dictionary<string, SafetensorsEntry>(StringComparer.Ordinal);
            foreach (Described entry in Parse(path, header, file.Length - dataStart))
            {
                var part = new FilePart(file, dataStart + entry.Begin, entry.End - entry.Begin);
                bool stays = part.Length >= Large;
                result.Add(entry.Name, stays ? new SafetensorsEntry(entry.Type, entry.Shape, part) : new SafetensorsEntry(entry.Type, entry.Shape, part.Read()));
                isWanted |= stays;
            }
            return result;
        }
        finally
        {
            if (!isWanted) file.Dispose();
        }
    }

    /// <summary>Reads the texts of a file's <c>__metadata__</c>; none where it has none.</summary>
    /// <exception cref="FormatException">The file's header is none, or holds something else than texts there.</exception>
    public static Dictionary<string, string> ReadMetadata(string path)
    {
        using OpenFile file = OpenFile.Open(path);
        byte[] header = ReadHeader(file);
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using JsonDocument document = JsonDocument.Parse(header);
            if (!document.RootElement.TryGetProperty(MetadataKey, out JsonElement metadata)) return texts;
            foreach (JsonProperty property in metadata.EnumerateObject()) texts[property.Name] = property.Value.GetString() ?? throw Bad(path, $"'{property.Name}' of its metadata is no text");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw Bad(path, $"header does not parse ({exception.Message.Split('\n')[0].TrimEnd('.')})");
        }
        return texts;
    }

    private static byte[] ReadHeader(OpenFile file)
    {
        long size = file.Length;
        if (size < sizeof(long)) throw Bad(file.Path, $"needs at least 8 bytes, found {size}");
        long length = BinaryPrimitives.ReadInt64LittleEndian(new FilePart(file, 0, sizeof(long)).Read());
        if (length < 2 || length > MaxHeader || length > size - sizeof(long)) throw Bad(file.Path, $"header of {length} bytes in a file of {size}");
        return new FilePart(file, sizeof(long), (int)length).Read();
    }

    private readonly record struct Described(string Name, string Type, Shape Shape, long Begin, long End);

    /// <summary>In one line, whatever names and numbers of the file are in it.</summary>
    private static FormatException Bad(string path, string what) => new($"'{path}' is not a safetensors file: {what.ReplaceLineEndings(" ")}.");

    private static byte[] Header(KeyValuePair<string, SafetensorsEntry>[] entries, IReadOnlyDictionary<string, string>? metadata)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            long offset = 0;
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(MetadataKey);
                foreach ((string name, string text) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal)) json.WriteString(name, text);
                json.WriteEndObject();
            }
            foreach ((string name, SafetensorsEntry entry) in entries)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", entry.Type);
                json.WriteStartArray("shape");
                foreach (int extent in entry.Shape) json.WriteNumberValue(extent);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += entry.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        // Padded with spaces, as the format asks, so that the data are aligned.
        while (stream.Length % sizeof(long) != 0) stream.WriteByte((byte)' ');
        return stream.ToArray();
    }

    private static List<Described> Parse(string path, byte[] header, long dataLength)
    {
        var result = new List<Described>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            using JsonDocument document = JsonDocument.Parse(header);
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (property.Name == MetadataKey) continue;
                if (!names.Add(property.Name)) throw Bad(path, $"'{property.Name}' appears twice");
                result.Add(Describe(path, property, dataLength));
            }
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw Bad(path, $"header does not parse ({exception.Message.Split('\n')[0].TrimEnd('.')})");
        }
        CheckCover(path, result, dataLength);
        return result;
    }

    private static Described Describe(string path, JsonProperty property, long dataLength)
    {
        string type = property.Value.GetProperty("dtype").GetString() ?? "";
        int size = SafetensorsEntry.SizeOf(type);
        // Names of types that are not read: F8_E4M3 and what may come.
        if (type.Length == 0 || type.AsSpan().ContainsAnyExcept(TypeLetters)) throw Bad(path, $"'{property.Name}' has type '{type}', expected a name such as F32, BF16 or I64");
        JsonElement shapeElement = property.Value.GetProperty("shape"), offsets = property.Value.GetProperty("data_offsets");
        if (shapeElement.GetArrayLength() > Shape.MaxRank) throw Bad(path, $"'{property.Name}' has {shapeElement.GetArrayLength()} axes, at most {Shape.MaxRank} are supported");
        if (offsets.GetArrayLength() != 2 || !offsets[0].TryGetInt64(out long begin) || !offsets[1].TryGetInt64(out long end) || begin < 0 || end < begin || end > dataLength)
            throw Bad(path, $"'{property.Name}' has offsets {offsets} in {dataLength} bytes of data");
        long most = 1;
        Span<int> extents = stackalloc int[Shape.MaxRank];
        int rank = 0;
        foreach (JsonElement extent in shapeElement.EnumerateArray())
        {
            if (!extent.TryGetInt32(out int value) || value < 0) throw Bad(path, $"'{property.Name}' has shape {shapeElement}");
            extents[rank++] = value;
            // As a shape counts, which looks beyond an extent of 0.
            most *= Math.Max(value, 1);
            if (most > Shape.MaxCount) throw Bad(path, $"'{property.Name}' has shape {shapeElement}: too many elements");
        }
        var shape = new Shape(extents[..rank]);
        // Of a type that is not read the element's size is not known; it is passed over unless somebody wants it.
        if (size > 0 && (long)shape.Count * size != end - begin) throw Bad(path, $"'{property.Name}' of shape {shapeElement} and type {type} has {end - begin} bytes, expected {(long)shape.Count * size}");
        return new Described(property.Name, type, shape, begin, end);
    }

    /// <summary>The tensors must cover the data without gap or overlap, as the format demands.</summary>
    private static void CheckCover(string path, List<Described> entries, long dataLength)
    {
        long at = 0;
        foreach (Described entry in entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            if (entry.Begin != at) throw Bad(path, $"'{entry.Name}' begins at byte {entry.Begin} of the data, expected {at}");
            at = entry.End;
        }
        if (at != dataLength) throw Bad(path, $"{dataLength - at} bytes after the last tensor");
    }
}
