using System.Globalization;
using System.Text.Json;

namespace ResearchFreeze.Data;

/// <summary>What Hugging Face's <c>datasets</c> writes into a Parquet file's metadata beside the rows.</summary>
internal static class HuggingFace
{
    private const string Key = "huggingface", Hidden = "-1";

    /// <summary>What the classes of a column are called; null: it is not said.</summary>
    public static IReadOnlyList<string>? ClassNames(IReadOnlyDictionary<string, string>? metadata, string column)
    {
        if (metadata is null || !metadata.TryGetValue(Key, out string? text)) return null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement at = document.RootElement;
            foreach (string name in (string[])["info", "features", column, "names"])
            {
                if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at)) return null;
            }
            return at.ValueKind == JsonValueKind.Array ? [.. at.EnumerateArray().Select(name => name.ToString())] : null;
        }
        catch (JsonException)
        {
            // The rows are what counts; without names classes go by their numbers.
            return null;
        }
    }

    /// <summary>Names in place of numbers; −1 stands for a label that is kept back, and stays.</summary>
    /// <exception cref="DataFormatException">A label is none of them.</exception>
    public static List<string> Named(string path, List<string> labels, IReadOnlyList<string> names) => [.. labels.Select((label, row) =>
        label == Hidden ? label : int.TryParse(label, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int at) && (uint)at < (uint)names.Count ? names[at]
            : throw new DataFormatException(path, $"labels in [0, {names.Count}), for {TableText.Shown([.. names])}", $"{TableText.Shown(label)} in row {row + 1}"))];
}
