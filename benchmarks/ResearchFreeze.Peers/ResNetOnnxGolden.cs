using System.Text.Json.Nodes;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Peers;

/// <summary>
/// The 512 features that ONNX Runtime gives of drawn images with the ResNet-18 of Microsoft.ML.DnnImageFeaturizer.ResNet18. The graph takes images of 224×224 alone. For other sizes a copy of it has other extents, and ends
/// before its pooling of 7×7: the mean over the pixels is taken here.
/// </summary>
internal static class ResNetOnnxGolden
{
    private const string Input = "Input247", BeforePooling = "ReLU393_Output_0";
    private const int Own = 224, Features = 512, Seed = 7;
    private const int Graph = 7, Node = 1, GraphInput = 11, GraphOutput = 12, ValueInfo = 13;

    // Red, green, blue: see ResNetOnnx.
    private static readonly double[] Deviations = [0.229, 0.224, 0.225];

    // Sides that are multiples of 32, for which the graph's pads are torchvision's.
    private static readonly (int Height, int Width)[] Sizes = [(Own, Own), (Own, Own), (256, 160), (64, 96), (32, 32), (32, 64)];

    public static void Write(string onnx, string path)
    {
        byte[] model = File.ReadAllBytes(onnx);
        var features = new List<float>();
        for (int i = 0; i < Sizes.Length; i++) features.AddRange(Of(model, Sizes[i].Height, Sizes[i].Width, new RandomStream(Seed, $"image {i}")));
        var file = new TensorFile();
        file.AddFloats("features", features.ToArray(), Sizes.Length, Features);
        file.AddLabels("sizes", [.. Sizes.SelectMany(size => (int[])[size.Height, size.Width])], Sizes.Length, 2);
        file.Write(Path.ChangeExtension(path, null), new JsonObject { ["model"] = "Microsoft.ML.DnnImageFeaturizer.ResNet18 0.23.1", ["runtime"] = $"ONNX Runtime {OrtEnv.Instance().GetVersionString()}" });
        Console.WriteLine($"{Sizes.Length} images, largest feature {features.Max():F3}");
    }

    private static float[] Of(byte[] model, int height, int width, RandomStream random)
    {
        bool isOwn = height == Own && width == Own;
        using var session = new InferenceSession(isOwn ? model : Resized(model, height, width));
        int pixels = height * width;
        var input = new float[3 * pixels];
        for (int i = 0; i < 3 * pixels; i++)
        {
            // Drawn as (height, width, red green blue), standardised; taken as (blue green red, height, width) less the mean.
            int channel = i % 3;
            input[((2 - channel) * pixels) + (i / 3)] = (float)(255 * Deviations[channel] * (float)random.NextNormal());
        }
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run([NamedOnnxValue.CreateFromTensor(Input, new DenseTensor<float>(input, [1, 3, height, width]))]);
        float[] found = [.. results[0].AsEnumerable<float>()];
        int each = found.Length / Features;
        return [.. Enumerable.Range(0, Features).Select(channel => (float)found.AsSpan(channel * each, each).ToArray().Average(value => (double)value))];
    }

    private static byte[] Resized(byte[] model, int height, int width) => Copied(new CodedInputStream(model), (field, bytes) => field == Graph ? [(Graph, ResizedGraph(bytes, height, width))] : [(field, bytes)]);

    private static ByteString ResizedGraph(ByteString graph, int height, int width) => ByteString.CopyFrom(Copied(graph.CreateCodedInput(), (field, bytes) => field switch
    {
        Node when bytes.Span.IndexOf("AveragePool"u8) >= 0 => [],
        GraphInput => [(field, Value(Input, 1, 3, height, width))],
        GraphOutput => [(field, Value(BeforePooling))],
        ValueInfo => [],
        _ => [(field, bytes)],
    }));

    /// <summary>A message again, its fields of bytes as they come back.</summary>
    private static byte[] Copied(CodedInputStream input, Func<int, ByteString, (int Field, ByteString Bytes)[]> change)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            uint tag;
            while ((tag = input.ReadTag()) != 0)
            {
                if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.Varint)
                {
                    output.WriteTag(tag);
                    output.WriteUInt64(input.ReadUInt64());
                    continue;
                }
                foreach ((int field, ByteString bytes) in change(WireFormat.GetTagFieldNumber(tag), input.ReadBytes())) WriteBytes(output, field, bytes);
            }
        }
        return stream.ToArray();
    }

    /// <summary>A ValueInfoProto of float32, without a shape where there are no extents.</summary>
    private static ByteString Value(string name, params int[] extents)
    {
        ByteString shape = Message(output =>
        {
            foreach (int extent in extents) WriteBytes(output, 1, Message(one => WriteNumber(one, 1, extent)));
        });
        ByteString tensor = Message(output =>
        {
            WriteNumber(output, 1, 1);
            if (extents.Length > 0) WriteBytes(output, 2, shape);
        });
        return Message(output =>
        {
            WriteBytes(output, 1, ByteString.CopyFromUtf8(name));
            WriteBytes(output, 2, Message(type => WriteBytes(type, 1, tensor)));
        });
    }

    private static ByteString Message(Action<CodedOutputStream> write)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true)) write(output);
        return ByteString.CopyFrom(stream.ToArray());
    }

    private static void WriteBytes(CodedOutputStream output, int field, ByteString bytes)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(bytes);
    }

    private static void WriteNumber(CodedOutputStream output, int field, long number)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt64(number);
    }
}
