using System.Text.Json;

namespace ResearchFreeze.Training;

/// <summary>What a Hugging Face folder's <c>config.json</c> says of its model.</summary>
internal sealed class HuggingFaceConfig
{
    private readonly string path;
    private readonly JsonElement root;

    private HuggingFaceConfig(string path, JsonElement root)
    {
        (this.path, this.root) = (path, root);
        // What timm writes has the second.
        Kind = Text("model_type") ?? Text("architecture") ?? throw Bad("'model_type' is missing");
    }

    /// <summary>As it is written.</summary>
    public string Text() => root.GetRawText();

    /// <summary>For example <c>bert</c>.</summary>
    public string Kind { get; }

    /// <summary>Reads a folder's.</summary>
    /// <exception cref="FormatException">It is damaged, or lacks what is needed.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static HuggingFaceConfig Read(string folder)
    {
        string path = Path.Combine(folder, "config.json");
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"'{folder}': no such folder; a model's folder has config.json, model.safetensors and its vocabulary.");
        if (!File.Exists(path)) throw new FileNotFoundException($"'{folder}' is no model's folder: it has no config.json.", path);
        return Of(path, File.ReadAllText(path));
    }

    /// <summary>Reads a config's text.</summary>
    /// <exception cref="FormatException">It is damaged, or lacks what is needed.</exception>
    public static HuggingFaceConfig Of(string path, string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object ? new HuggingFaceConfig(path, document.RootElement.Clone()) : throw new JsonException("it is no object");
        }
        catch (JsonException exception)
        {
            throw new FormatException($"'{path}' is no model's config: it does not parse ({exception.Message.Split('\n')[0].TrimEnd('.')}).");
        }
    }

    /// <summary>A positive whole number under the first of these names.</summary>
    public int Count(params ReadOnlySpan<string> names) => CountOr(null, names) ?? throw Bad($"'{names[0]}' is missing");

    /// <summary>The same, or another where none is there.</summary>
    public int? CountOr(int? otherwise, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (!root.TryGetProperty(name, out JsonElement field) || field.ValueKind == JsonValueKind.Null) continue;
            return field.ValueKind == JsonValueKind.Number && field.TryGetInt32(out int number) && number > 0 ? number : throw Bad($"'{name}' must be a positive whole number, found {field.GetRawText()}");
        }
        return otherwise;
    }

    /// <summary>Positive whole numbers; null: there are none.</summary>
    public int[]? Counts(string name)
    {
        if (!root.TryGetProperty(name, out JsonElement field) || field.ValueKind == JsonValueKind.Null) return null;
        int[]? counts = field.ValueKind == JsonValueKind.Array ? [.. field.EnumerateArray().Select(each => each.ValueKind == JsonValueKind.Number && each.TryGetInt32(out int number) ? number : 0)] : null;
        return counts is not null && Array.TrueForAll(counts, count => count > 0) ? counts : throw Bad($"'{name}' must be positive whole numbers, found {field.GetRawText()}");
    }

    /// <summary>Whether something is said to be so; what is not said is not so.</summary>
    public bool Is(string name) => root.TryGetProperty(name, out JsonElement field) && field.ValueKind == JsonValueKind.True;

    /// <summary>A real number under the first of these names, or another.</summary>
    public double Real(double otherwise, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (!root.TryGetProperty(name, out JsonElement field) || field.ValueKind == JsonValueKind.Null) continue;
            return field.ValueKind == JsonValueKind.Number && field.TryGetDouble(out double number) && number >= 0 && double.IsFinite(number) ? number : throw Bad($"'{name}' must be a number, found {field.GetRawText()}");
        }
        return otherwise;
    }

    /// <summary>A text; null: there is none.</summary>
    public string? Text(string name) =>
        !root.TryGetProperty(name, out JsonElement field) || field.ValueKind == JsonValueKind.Null ? null : field.ValueKind == JsonValueKind.String ? field.GetString() : throw Bad($"'{name}' must be a text, found {field.GetRawText()}");

    /// <summary>What is wrong with it, in one line.</summary>
    public FormatException Bad(string what) => new($"'{path}' is no config that can be built here: {what}.");
}
