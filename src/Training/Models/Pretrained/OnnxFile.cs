using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Google.Protobuf;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>The graph of an ONNX file as far as weights are found by it: nodes with their inputs and outputs, and tensors of real numbers by name. Fields are those of the published <c>onnx.proto</c>.</summary>
internal sealed class OnnxFile
{
    private const int Graph = 7, Node = 1, Initializer = 5, NodeInput = 1, NodeOutput = 2, NodeType = 4, NodeAttribute = 5;
    private const int AttributeName = 1, AttributeReal = 2, AttributeWhole = 3, AttributeReals = 7, AttributeWholes = 8;
    private const int Dims = 1, DataType = 2, FloatData = 4, Name = 8, RawData = 9, DoubleData = 10, DataLocation = 14;
    private const int Float = 1, Double = 11, Half = 10;

    private readonly List<OnnxNode> nodes = [];
    private readonly Dictionary<string, SafetensorsEntry> tensors = new(StringComparer.Ordinal);

    private OnnxFile(string path) => Path = path;

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>The operations, in the graph's order.</summary>
    public IReadOnlyList<OnnxNode> Nodes => nodes;

    /// <summary>The tensors of real numbers.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Tensors => tensors;

    /// <summary>Reads a file.</summary>
    /// <exception cref="FormatException">It is damaged, keeps its weights elsewhere, or is no such file.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static OnnxFile Read(string path)
    {
        var file = new OnnxFile(path);
        byte[] bytes = File.ReadAllBytes(path);
        try
        {
            Each(new CodedInputStream(bytes), Graph, graph => EachOf(graph, (tag, input) =>
            {
                int field = WireFormat.GetTagFieldNumber(tag);
                if (field == Node) file.nodes.Add(NodeOf(input.ReadBytes()));
                else if (field == Initializer) file.Add(input.ReadBytes());
                else return false;
                return true;
            }));
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or OverflowException or ShapeException or ArgumentException)
        {
            throw file.Bad($"it does not parse ({exception.Message.Split('\n')[0].TrimEnd('.')})");
        }
        if (file.nodes.Count == 0 || file.tensors.Count == 0) throw file.Bad("it has no graph with weights");
        return file;
    }

    /// <summary>What is wrong with it, in one line.</summary>
    public FormatException Bad(string what) => new($"'{Path}' is no ONNX file that can be read here: {what}.");

    private static void Each(CodedInputStream input, int wanted, Action<ByteString> apply)
    {
        uint tag;
        while ((tag = input.ReadTag()) != 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == wanted) apply(input.ReadBytes());
            else input.SkipLastField();
        }
    }

    private static void EachOf(ByteString message, Func<uint, CodedInputStream, bool> read)
    {
        CodedInputStream input = message.CreateCodedInput();
        uint tag;
        while ((tag = input.ReadTag()) != 0)
        {
            if (!read(tag, input)) input.SkipLastField();
        }
    }

    private static OnnxNode NodeOf(ByteString message)
    {
        var inputs = new List<string>();
        var outputs = new List<string>();
        var attributes = new Dictionary<string, double[]>(StringComparer.Ordinal);
        string type = "";
        EachOf(message, (tag, input) =>
        {
            int field = WireFormat.GetTagFieldNumber(tag);
            if (field == NodeInput) inputs.Add(input.ReadString());
            else if (field == NodeOutput) outputs.Add(input.ReadString());
            else if (field == NodeType) type = input.ReadString();
            else if (field == NodeAttribute) AddAttribute(input.ReadBytes(), attributes);
            else return false;
            return true;
        });
        return new OnnxNode(type, inputs, outputs) { Attributes = attributes };
    }

    private static void AddAttribute(ByteString message, Dictionary<string, double[]> attributes)
    {
        var wholes = new List<long>();
        var reals = new List<float>();
        string name = "";
        EachOf(message, (tag, input) =>
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case AttributeName: name = input.ReadString(); break;
                case AttributeReal or AttributeReals: Reals(tag, input, reals); break;
                case AttributeWhole or AttributeWholes: Whole(tag, input, wholes); break;
                default: return false;
            }
            return true;
        });
        if (wholes.Count + reals.Count > 0) attributes[name] = [.. wholes, .. reals];
    }

    private void Add(ByteString message)
    {
        var extents = new List<long>();
        var values = new List<float>();
        ByteString? raw = null;
        string name = "";
        int type = 0;
        bool isElsewhere = false, hasDoubles = false;
        EachOf(message, (tag, input) =>
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case Dims: Whole(tag, input, extents); break;
                case DataType: type = input.ReadInt32(); break;
                case Name: name = input.ReadString(); break;
                case RawData: raw = input.ReadBytes(); break;
                case FloatData: Reals(tag, input, values); break;
                case DataLocation: isElsewhere = input.ReadInt32() != 0; break;
                case DoubleData: hasDoubles = true; return false;
                default: return false;
            }
            return true;
        });
        if (type is not (Float or Half or Double)) return;
        if (isElsewhere) throw Bad($"'{name}' is in another file");
        if (hasDoubles) throw Bad($"'{name}' is stored as a list of doubles");
        long count = 1;
        foreach (long extent in extents) count = checked(count * extent);
        if (count < 0 || count > Shape.MaxCount || extents.Count > Shape.MaxRank) return;
        Shape shape = new([.. extents.Select(extent => checked((int)extent))]);
        if (raw is null)
        {
            if (type != Float || values.Count != count) throw Bad($"'{name}' {shape} has {values.Count} values");
            tensors.Add(name, SafetensorsEntry.Of(shape, CollectionsMarshal.AsSpan(values)));
            return;
        }
        int size = type == Double ? sizeof(double) : type == Half ? 2 : sizeof(float);
        if (raw.Length != count * size) throw Bad($"'{name}' {shape} has {raw.Length} bytes");
        ReadOnlySpan<byte> bytes = raw.Span;
        var reals = new double[count];
        for (int i = 0; i < reals.Length; i++)
        {
            ReadOnlySpan<byte> one = bytes[(i * size)..];
            reals[i] = type == Double ? BinaryPrimitives.ReadDoubleLittleEndian(one) : type == Half ? (double)BinaryPrimitives.ReadHalfLittleEndian(one) : BinaryPrimitives.ReadSingleLittleEndian(one);
        }
        tensors.Add(name, type == Double ? SafetensorsEntry.Of(shape, reals) : SafetensorsEntry.Of(shape, Array.ConvertAll(reals, value => (float)value)));
    }

    // Lists of numbers may be packed, or not.
    private static void Whole(uint tag, CodedInputStream input, List<long> to)
    {
        if (WireFormat.GetTagWireType(tag) != WireFormat.WireType.LengthDelimited)
        {
            to.Add(input.ReadInt64());
            return;
        }
        CodedInputStream packed = input.ReadBytes().CreateCodedInput();
        while (!packed.IsAtEnd) to.Add(packed.ReadInt64());
    }

    private static void Reals(uint tag, CodedInputStream input, List<float> to)
    {
        if (WireFormat.GetTagWireType(tag) != WireFormat.WireType.LengthDelimited)
        {
            to.Add(input.ReadFloat());
            return;
        }
        CodedInputStream packed = input.ReadBytes().CreateCodedInput();
        while (!packed.IsAtEnd) to.Add(packed.ReadFloat());
    }
}

/// <summary>An operation of a graph.</summary>
internal sealed record OnnxNode(string Type, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs)
{
    /// <summary>Those of numbers.</summary>
    public IReadOnlyDictionary<string, double[]> Attributes { get; init; } = new Dictionary<string, double[]>();
}
