using System.Text.Json;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Golden;

/// <summary>One golden file: tensors by name, and the manifest beside them. See README.md here for what they hold.</summary>
internal sealed class GoldenFile<TManifest>
{
    private readonly Dictionary<string, SafetensorsEntry> tensors;

    public GoldenFile(string folder, string name)
    {
        Name = name;
        tensors = Safetensors.Read(Path.Combine(GoldenFolder.Of(folder), $"{name}.safetensors"));
        Manifest = JsonSerializer.Deserialize<TManifest>(File.ReadAllText(Path.Combine(GoldenFolder.Of(folder), $"{name}.json")), GoldenFolder.Json)
            ?? throw new FormatException($"Golden file '{name}': the manifest is empty.");
    }

    public string Name { get; }

    public TManifest Manifest { get; }

    public bool Contains(string tensor) => tensors.ContainsKey(tensor);

    public SafetensorsEntry Entry(string tensor) =>
        tensors.TryGetValue(tensor, out SafetensorsEntry? entry) ? entry : throw new FormatException($"Golden file '{Name}' lacks '{tensor}'.");

    public double[] Values(string tensor) => Entry(tensor).ToDoubles();

    public double Scalar(string tensor) => Values(tensor).Single();

    /// <summary>The tensor on a device; belongs to the open scope. Values of F64 entries are float32 too, so every device gets them exactly.</summary>
    public Tensor Upload(Device device, string tensor) => Tensor.From(device, Values(tensor), Entry(tensor).Shape);

    public IntTensor UploadLabels(Device device, string tensor) => IntTensor.From(device, [.. Entry(tensor).Integers.Select(value => (int)value)]);
}

internal static class GoldenFolder
{
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { RespectRequiredConstructorParameters = true };

    public static string Of(string folder) => Path.Combine(AppContext.BaseDirectory, "Golden", folder);

    /// <summary>The names of a folder's files, from the disk: a file that is added is replayed, or fails.</summary>
    public static IEnumerable<string> Names(string folder) =>
        Directory.EnumerateFiles(Of(folder), "*.safetensors").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal);
}
