using System.Text.Json;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>
/// A BERT that was exported to ONNX, as a folder of Hugging Face. An exporter keeps the names of tables, norms and biases; matrices of linear layers have lost theirs and lie (in, out). A matrix is named after the bias that is
/// added to its product.
/// </summary>
public static class BertOnnx
{
    private const string Words = "embeddings.word_embeddings.weight";

    /// <summary>Writes <c>config.json</c> and <c>model.safetensors</c>.</summary>
    /// <param name="onnx">The file.</param>
    /// <param name="folder">A folder that is empty or not there.</param>
    /// <param name="heads">Attention heads; they are in no weight's shape.</param>
    /// <returns>What was written, in one line.</returns>
    /// <exception cref="FormatException">The file is damaged, or its graph is no BERT's; the message names what is missing.</exception>
    /// <exception cref="IOException">The file cannot be read, or the folder has files.</exception>
    public static string Import(string onnx, string folder, int heads)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(onnx);
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()) throw new IOException($"'{folder}' has files already.");
        OnnxFile file = OnnxFile.Read(onnx);
        Dictionary<string, SafetensorsEntry> entries = Named(file);
        Shape words = Need(entries, file, Words).Shape, places = Need(entries, file, "embeddings.position_embeddings.weight").Shape;
        int width = words[1], layers = 0;
        while (entries.ContainsKey($"encoder.layer.{layers}.output.dense.weight")) layers++;
        if (layers == 0) throw file.Bad("it has no 'encoder.layer.0.output.dense.weight': no BERT");
        if (heads < 1 || width % heads != 0) throw new ArgumentException($"{heads} heads do not divide a width of {width}.", nameof(heads));
        var wanted = HuggingFaceNames.Bert(isRoberta: false).Where(name => !name.Ours.StartsWith("head.", StringComparison.Ordinal));
        foreach (HuggingFaceName name in wanted)
        {
            for (int layer = 0; layer < (name.Theirs.Contains('#', StringComparison.Ordinal) ? layers : 1); layer++)
                Need(entries, file, name.Theirs.Replace("#", layer.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
        }
        Directory.CreateDirectory(folder);
        int inner = entries["encoder.layer.0.intermediate.dense.weight"].Shape[0], segments = entries["embeddings.token_type_embeddings.weight"].Shape[0];
        File.WriteAllText(Path.Combine(folder, "config.json"), Config(words, places[0], layers, heads, inner, segments, Epsilon(file)));
        Safetensors.Write(Path.Combine(folder, "model.safetensors"), entries, new Dictionary<string, string> { ["format"] = "pt" });
        return $"{folder}: bert, {layers} blocks of width {width}, {heads} heads, vocabulary {words[0]}, {entries.Count} tensors";
    }

    /// <summary>Tensors under their names, without what is no parameter.</summary>
    private static Dictionary<string, SafetensorsEntry> Named(OnnxFile file)
    {
        var entries = new Dictionary<string, SafetensorsEntry>(StringComparer.Ordinal);
        string prefix = file.Tensors.Keys.FirstOrDefault(name => name.EndsWith(Words, StringComparison.Ordinal))?[..^Words.Length] ?? throw file.Bad($"it has no '{Words}': no BERT");
        foreach ((string name, SafetensorsEntry entry) in file.Tensors)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal) && name.Length > prefix.Length && (name.EndsWith(".weight", StringComparison.Ordinal) || name.EndsWith(".bias", StringComparison.Ordinal))) entries.Add(name[prefix.Length..], entry);
        }
        var products = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (OnnxNode node in file.Nodes)
        {
            if (node.Type == "MatMul" && node.Inputs.Count == 2 && file.Tensors.TryGetValue(node.Inputs[1], out SafetensorsEntry? matrix) && matrix.Shape.Rank == 2) products.Add(node.Outputs[0], node.Inputs[1]);
            if (node.Type != "Add" || node.Inputs.Count != 2) continue;
            string? bias = node.Inputs.FirstOrDefault(input => input.StartsWith(prefix, StringComparison.Ordinal) && input.EndsWith(".bias", StringComparison.Ordinal)), product = node.Inputs.FirstOrDefault(products.ContainsKey);
            if (bias is null || product is null) continue;
            SafetensorsEntry stored = file.Tensors[products[product]];
            string name = $"{bias[prefix.Length..^".bias".Length]}.weight";
            if (!entries.TryAdd(name, TensorForms.ToOurs(TensorForm.Turned, [stored.Shape[1], stored.Shape[0]], stored))) throw file.Bad($"'{name}' is there twice");
        }
        return entries;
    }

    private static SafetensorsEntry Need(Dictionary<string, SafetensorsEntry> entries, OnnxFile file, string name) => entries.TryGetValue(name, out SafetensorsEntry? entry) ? entry : throw file.Bad($"it has no '{name}': no BERT");

    /// <summary>The ε of the norms: the only constant that is added to a variance. Exporters differ in how they write it; what is not found is BERT's.</summary>
    private static double Epsilon(OnnxFile file)
    {
        double[] found = [.. file.Tensors.Values.Where(entry => entry.Shape.Count == 1).Select(entry => entry.ToDoubles()[0]).Where(value => value is > 0 and < 1e-3).Distinct()];
        return found.Length == 1 ? found[0] : 1e-12;
    }

    private static string Config(Shape words, int places, int layers, int heads, int inner, int segments, double epsilon)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("model_type", "bert");
            json.WriteString("hidden_act", "gelu");
            json.WriteNumber("hidden_size", words[1]);
            json.WriteNumber("intermediate_size", inner);
            json.WriteNumber("layer_norm_eps", epsilon);
            json.WriteNumber("max_position_embeddings", places);
            json.WriteNumber("num_attention_heads", heads);
            json.WriteNumber("num_hidden_layers", layers);
            json.WriteNumber("pad_token_id", 0);
            json.WriteNumber("type_vocab_size", segments);
            json.WriteNumber("vocab_size", words[0]);
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }
}
