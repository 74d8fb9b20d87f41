using Google.Protobuf;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Training;

/// <summary>Writes what an exporter would: nodes with attributes of numbers, and stored tensors. Fields are those of the published <c>onnx.proto</c>.</summary>
internal sealed class OnnxWriter
{
    private readonly List<(int Field, byte[] Bytes)> graph = [];

    /// <summary>A node with one output.</summary>
    public string Add(string type, string output, string[] inputs, params (string Name, double[] Values)[] attributes)
    {
        graph.Add((1, Message(node =>
        {
            foreach (string input in inputs) Bytes(node, 1, ByteString.CopyFromUtf8(input).ToByteArray());
            Bytes(node, 2, ByteString.CopyFromUtf8(output).ToByteArray());
            Bytes(node, 4, ByteString.CopyFromUtf8(type).ToByteArray());
            foreach ((string name, double[] values) in attributes) Bytes(node, 5, Message(attribute => Write(attribute, name, values)));
        })));
        return output;
    }

    /// <summary>A stored tensor of float32.</summary>
    public string Add(string name, SafetensorsEntry entry)
    {
        graph.Add((5, Message(tensor =>
        {
            for (int axis = 0; axis < entry.Shape.Rank; axis++) Number(tensor, 1, entry.Shape[axis]);
            Number(tensor, 2, 1);
            Bytes(tensor, 8, ByteString.CopyFromUtf8(name).ToByteArray());
            Bytes(tensor, 9, [.. entry.ToDoubles().SelectMany(value => BitConverter.GetBytes((float)value))]);
        })));
        return name;
    }

    public void Write(string path) => File.WriteAllBytes(path, Message(model => Bytes(model, 7, Message(output =>
    {
        foreach ((int field, byte[] bytes) in graph) Bytes(output, field, bytes);
    }))));

    private static void Write(CodedOutputStream attribute, string name, double[] values)
    {
        Bytes(attribute, 1, ByteString.CopyFromUtf8(name).ToByteArray());
        if (name == "epsilon")
        {
            attribute.WriteTag(2, WireFormat.WireType.Fixed32);
            attribute.WriteFloat((float)values[0]);
            return;
        }
        foreach (double value in values) Number(attribute, 8, (long)value);
    }

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true)) write(output);
        return stream.ToArray();
    }

    private static void Bytes(CodedOutputStream output, int field, byte[] bytes)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(bytes));
    }

    private static void Number(CodedOutputStream output, int field, long number)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt64(number);
    }
}
