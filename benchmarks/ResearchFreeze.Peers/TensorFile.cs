using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace ResearchFreeze.Peers;

/// <summary>Collects tensors and writes them as safetensors: names sorted by code unit, no gaps, the header padded with spaces to a multiple of eight bytes.</summary>
internal sealed class TensorFile
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly SortedDictionary<string, (string Type, long[] Shape, byte[] Data)> tensors = new(StringComparer.Ordinal);

    /// <summary>Adds a float32 or float64 tensor as it is.</summary>
    public void Add(string name, Tensor value)
    {
        using Tensor flat = value.detach().clone().contiguous();
        if (value.dtype == ScalarType.Float64) AddDoubles(name, flat.data<double>().ToArray(), value.shape);
        else if (value.dtype == ScalarType.Float32) AddFloats(name, flat.data<float>().ToArray(), value.shape);
        else throw new InvalidOperationException($"{name} is {value.dtype}: neither float32 nor float64.");
    }

    public void AddFloats(string name, ReadOnlySpan<float> values, params long[] shape)
    {
        byte[] data = new byte[values.Length * 4];
        for (int i = 0; i < values.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(i * 4), values[i]);
        tensors.Add(name, ("F32", shape, data));
    }

    public void AddDoubles(string name, ReadOnlySpan<double> values, params long[] shape)
    {
        byte[] data = new byte[values.Length * 8];
        for (int i = 0; i < values.Length; i++) BinaryPrimitives.WriteDoubleLittleEndian(data.AsSpan(i * 8), values[i]);
        tensors.Add(name, ("F64", shape, data));
    }

    public void AddLabels(string name, ReadOnlySpan<int> values, params long[] shape)
    {
        byte[] data = new byte[values.Length * 4];
        for (int i = 0; i < values.Length; i++) BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(i * 4), values[i]);
        tensors.Add(name, ("I32", shape, data));
    }

    /// <summary>Writes PATH.safetensors and PATH.json.</summary>
    public void Write(string path, JsonObject manifest)
    {
        var header = new JsonObject();
        long offset = 0;
        foreach ((string name, (string type, long[] shape, byte[] data)) in tensors)
        {
            header[name] = new JsonObject { ["dtype"] = type, ["shape"] = ToJson(shape), ["data_offsets"] = ToJson([offset, offset + data.Length]) };
            offset += data.Length;
        }
        string text = header.ToJsonString();
        text = text.PadRight((Encoding.UTF8.GetByteCount(text) + 7) / 8 * 8);
        using (FileStream file = File.Create(path + ".safetensors"))
        {
            byte[] length = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
            file.Write(length);
            file.Write(Encoding.UTF8.GetBytes(text));
            foreach ((_, _, byte[] data) in tensors.Values) file.Write(data);
        }
        File.WriteAllText(path + ".json", manifest.ToJsonString(Json) + "\n");
    }

    public static JsonArray ToJson<T>(IEnumerable<T> values) => new([.. values.Select(v => (JsonNode?)JsonValue.Create(v))]);
}
