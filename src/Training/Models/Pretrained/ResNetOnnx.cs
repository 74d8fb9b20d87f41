using System.Text.Json;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>
/// A ResNet that was exported to ONNX, as a folder with torchvision's names. Which tensor is which is found by walking through the graph, whatever they are called there; every convolution must have a batch norm behind it.
/// </summary>
public static class ResNetOnnx
{
    // Of ImageNet's training images, as torchvision has them: red, green, blue.
    private static readonly double[] Means = [0.485, 0.456, 0.406], Deviations = [0.229, 0.224, 0.225];

    /// <summary>Writes <c>config.json</c> and <c>model.safetensors</c>, and <c>preprocessor_config.json</c> where the pixels were turned.</summary>
    /// <param name="onnx">The file.</param>
    /// <param name="folder">A folder that is empty or not there.</param>
    /// <param name="pixels">What the network takes. Its first convolution is turned, so that what is written takes torchvision's pixels: channels in another order, and weights times 255 and ImageNet's deviations.</param>
    /// <returns>What was written, in one line.</returns>
    /// <exception cref="FormatException">The file is damaged, or its graph is no ResNet's; the message names what differs.</exception>
    /// <exception cref="IOException">The file cannot be read, or the folder has files.</exception>
    public static string Import(string onnx, string folder, OnnxPixels pixels = OnnxPixels.Standardised)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(onnx);
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()) throw new IOException($"'{folder}' has files already.");
        OnnxFile file = OnnxFile.Read(onnx);
        var walk = new ResNetOnnxWalk(file);
        walk.Run();
        if (pixels == OnnxPixels.BlueGreenRed255) walk.Entries["conv1.weight"] = Turned(file, walk.Entries["conv1.weight"]);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), Config(walk));
        if (pixels == OnnxPixels.BlueGreenRed255) File.WriteAllText(Path.Combine(folder, "preprocessor_config.json"), Preprocessing());
        Safetensors.Write(Path.Combine(folder, "model.safetensors"), walk.Entries, new Dictionary<string, string> { ["format"] = "pt" });
        string head = walk.Entries.ContainsKey("fc.weight") ? "" : ", no head";
        string pads = walk.HasUnevenPads ? "; its pads are those of torchvision for images whose sides are multiples of 32" : "";
        return $"{folder}: ResNet of {(walk.IsBottleneck ? "bottlenecks" : "basic blocks")} {ResNetDesign.Written(walk.Blocks)}{head}, {walk.Entries.Count} tensors{pads}";
    }

    /// <summary>The weights for standardised red, green, blue: 255·deviation·(the standardised value) is the value less its mean.</summary>
    private static SafetensorsEntry Turned(OnnxFile file, SafetensorsEntry weight)
    {
        if (weight.Shape[1] != 3) throw file.Bad($"its first convolution takes {weight.Shape[1]} channels, expected 3: blue, green, red");
        double[] values = weight.ToDoubles();
        var turned = new float[values.Length];
        int window = weight.Shape[2] * weight.Shape[3];
        for (int i = 0; i < turned.Length; i++)
        {
            int channel = i / window % 3, output = i / window / 3;
            turned[i] = (float)(255 * Deviations[channel] * values[(((output * 3) + 2 - channel) * window) + (i % window)]);
        }
        return SafetensorsEntry.Of(weight.Shape, turned);
    }

    private static string Config(ResNetOnnxWalk walk) => Written(json =>
    {
        // As torchvision and timm call what is nearest; depths say how many blocks there are.
        json.WriteString("architecture", walk.IsBottleneck ? "resnet50" : walk.Blocks.Sum() < 13 ? "resnet18" : "resnet34");
        json.WriteString("model_type", "resnet");
        json.WriteString("layer_type", walk.IsBottleneck ? "bottleneck" : "basic");
        Numbers(json, "depths", [.. walk.Blocks.Select(count => (double)count)]);
        json.WriteNumber("num_channels", walk.Entries["conv1.weight"].Shape[1]);
    });

    private static string Preprocessing() => Written(json =>
    {
        Numbers(json, "image_mean", Means);
        Numbers(json, "image_std", Deviations);
        json.WriteNumber("rescale_factor", 1 / 255.0);
    });

    private static void Numbers(Utf8JsonWriter json, string name, double[] values)
    {
        json.WriteStartArray(name);
        foreach (double value in values) json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    private static string Written(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }
}
