using System.Text;
using System.Text.Json;

namespace ResearchFreeze.Cli;

/// <summary>An indented JSON object as text, for <c>--json</c>.</summary>
internal static class JsonText
{
    /// <summary>Writes one object.</summary>
    public static string Of(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
