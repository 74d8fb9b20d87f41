using System.Text.Json;

namespace ResearchFreeze.Layers;

/// <summary>Finds and reads weights: a safetensors file, an index of several (<c>model.safetensors.index.json</c>, as Hugging Face writes it), or a folder with either, a run's folder too.</summary>
public static class WeightFiles
{
    private const string IndexEnding = ".index.json";

    // In this order: a run's, an older run's, then those of Hugging Face.
    private static readonly string[] Names = ["last.safetensors", "weights.safetensors", "model.safetensors", "model.safetensors.index.json"];

    /// <summary>Reads all entries of all files.</summary>
    /// <param name="path">A file, an index, or a folder.</param>
    /// <exception cref="FormatException">A file is damaged, an index names a file that lies elsewhere or lacks what it should have, or a folder has no weights.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Dictionary<string, SafetensorsEntry> Read(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string file = FileOf(path);
        return file.EndsWith(IndexEnding, StringComparison.Ordinal) ? ReadIndex(file) : Safetensors.Read(file);
    }

    /// <summary>The file that a path means: of a folder its weights or their index.</summary>
    /// <exception cref="FormatException">A folder has none.</exception>
    public static string FileOf(string path) => Directory.Exists(path) ? In(path) : path;

    /// <summary>Whether weights say, or their place, that they lie as ours do: a file that <see cref="StateDict.Save(ModuleBase, string)"/> wrote, or a run's folder.</summary>
    public static bool AreOwn(string path)
    {
        string file = FileOf(path);
        return !file.EndsWith(IndexEnding, StringComparison.Ordinal) && (StateDict.IsOwn(file) || (Directory.Exists(path) && File.Exists(Path.Combine(path, "config.json")) && File.Exists(Path.Combine(path, "metrics.csv"))));
    }

    private static string In(string folder) =>
        Array.Find(Names, name => File.Exists(Path.Combine(folder, name))) is { } found
            ? Path.Combine(folder, found)
            : throw new FormatException($"'{folder}' has no weights: expected {string.Join(", ", Names[..^1])} or {Names[^1]}.");

    private static Dictionary<string, SafetensorsEntry> ReadIndex(string path)
    {
        Dictionary<string, string> files = FilesOf(path);
        var entries = new Dictionary<string, SafetensorsEntry>(StringComparer.Ordinal);
        foreach (IGrouping<string, string> shard in files.GroupBy(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal).OrderBy(shard => shard.Key, StringComparer.Ordinal))
        {
            Dictionary<string, SafetensorsEntry> found = Safetensors.Read(Path.Combine(Path.GetDirectoryName(path) ?? "", shard.Key));
            foreach (string name in shard) entries.Add(name, found.TryGetValue(name, out SafetensorsEntry? entry) ? entry : throw Bad(path, $"'{name}' is not in '{shard.Key}'"));
            if (found.Keys.FirstOrDefault(name => !files.ContainsKey(name)) is { } other) throw Bad(path, $"'{other}' of '{shard.Key}' is not in the index");
        }
        return entries;
    }

    private static Dictionary<string, string> FilesOf(string path)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            foreach (JsonProperty property in document.RootElement.GetProperty("weight_map").EnumerateObject())
            {
                string file = property.Value.GetString() ?? "";
                // Beside the index and nowhere else.
                if (file.Length == 0 || file != Path.GetFileName(file) || file is "." or "..") throw Bad(path, $"'{property.Name}' is in '{file}', which is no file beside it");
                if (!files.TryAdd(property.Name, file)) throw Bad(path, $"'{property.Name}' appears twice");
            }
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw Bad(path, $"it does not parse ({exception.Message.Split('\n')[0].TrimEnd('.')})");
        }
        return files;
    }

    private static FormatException Bad(string path, string what) => new($"'{path}' is no index of safetensors files: {what.ReplaceLineEndings(" ")}.");
}
