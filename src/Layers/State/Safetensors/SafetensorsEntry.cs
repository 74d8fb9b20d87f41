using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>One tensor of a safetensors file on the host: a type as the format names it, a shape, little-endian bytes. Half precision, integers and truth values are converted exactly; a type that is not read (<c>F8_E4M3</c>) is an error where its elements are wanted.</summary>
public sealed class SafetensorsEntry
{
    // Bytes that are no text are an error, not a question mark.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[]? held;
    private readonly FilePart? part;

    internal SafetensorsEntry(string type, Shape shape, byte[] bytes)
    {
        Type = type;
        Shape = shape;
        held = bytes;
    }

    /// <summary>Of bytes that stay in a file until they are wanted.</summary>
    internal SafetensorsEntry(string type, Shape shape, FilePart bytes)
    {
        Type = type;
        Shape = shape;
        part = bytes;
    }

    /// <summary>The type as the format names it.</summary>
    public string Type { get; }

    /// <summary>The extents.</summary>
    public Shape Shape { get; }

    /// <summary>The elements' bytes. Those of a file are read each time: take them once, and let them go.</summary>
    internal byte[] Bytes => held ?? part!.Read();

    /// <summary>How many bytes there are.</summary>
    internal int Length => held?.Length ?? part!.Length;

    internal SafetensorsKind Kind => Type switch { "F16" or "BF16" or "F32" or "F64" => SafetensorsKind.Reals, "U8" => SafetensorsKind.Text, _ => SizeOf(Type) == 0 ? SafetensorsKind.Unread : SafetensorsKind.Integers };

    /// <summary>The text, or null where the bytes are none.</summary>
    internal string? Text
    {
        get
        {
            try
            {
                return Utf8.GetString(Bytes);
            }
            catch (DecoderFallbackException)
            {
                return null;
            }
        }
    }

    internal long[] Integers => Type switch
    {
        "I64" => MemoryMarshal.Cast<byte, long>(Bytes).ToArray(),
        "I32" => [.. MemoryMarshal.Cast<byte, int>(Bytes).ToArray()],
        _ => throw new FormatException($"Safetensors: expected integers, found {Type}."),
    };

    /// <summary>Bytes of an element, or 0 for a type this library does not read.</summary>
    internal static int SizeOf(string type) => type switch { "F64" or "I64" or "U64" => 8, "F32" or "I32" or "U32" => 4, "F16" or "BF16" or "I16" or "U16" => 2, "U8" or "I8" or "BOOL" => 1, _ => 0 };

    /// <summary>An entry of reals.</summary>
    public static SafetensorsEntry Of(Shape shape, ReadOnlySpan<float> values) => new("F32", shape, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>An entry of reals.</summary>
    public static SafetensorsEntry Of(Shape shape, ReadOnlySpan<double> values) => new("F64", shape, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>An entry of reals that are rounded to bfloat16: to the nearest, of two the even one; what is too large becomes infinite.</summary>
    public static SafetensorsEntry OfBFloat16(Shape shape, ReadOnlySpan<float> values)
    {
        var bytes = new byte[values.Length * sizeof(ushort)];
        for (int i = 0; i < values.Length; i++) BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i * sizeof(ushort)), Precisions.ToBFloat16(values[i]));
        return new SafetensorsEntry("BF16", shape, bytes);
    }

    /// <summary>An entry of integers.</summary>
    public static SafetensorsEntry Of(Shape shape, ReadOnlySpan<long> values) => new("I64", shape, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>An entry that holds a text, in UTF-8.</summary>
    /// <exception cref="ArgumentException">It has half of a surrogate pair: there are no bytes for it.</exception>
    public static SafetensorsEntry Of(string text)
    {
        byte[] bytes = Utf8.GetBytes(text);
        return new SafetensorsEntry("U8", [bytes.Length], bytes);
    }

    /// <summary>A tensor's elements in the device's own precision, or in bfloat16 where they are kept in that. Waits for the device.</summary>
    public static SafetensorsEntry Of(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.Range.Storage.Kind == ElementKind.BFloat16) return OfBFloat16(tensor.Shape, tensor.ToArray());
        if (tensor.Device.RealSize == sizeof(float)) return Of(tensor.Shape, tensor.ToArray());
        var values = new double[tensor.Shape.Count];
        tensor.CopyTo(values);
        return Of(tensor.Shape, values);
    }

    /// <summary>The elements as reals: exactly, but for integers beyond 2⁵³; true is 1.</summary>
    /// <exception cref="FormatException">The type is not read, or an element of BOOL is neither 0 nor 1.</exception>
    public double[] ToDoubles()
    {
        if (SizeOf(Type) == 0) throw new FormatException($"Safetensors: type {Type} is not read.");
        var result = new double[Shape.Count];
        byte[] bytes = Bytes;
        int size = SizeOf(Type);
        for (int i = 0; i < result.Length; i++)
        {
            ReadOnlySpan<byte> at = bytes.AsSpan(i * size);
            result[i] = Type switch
            {
                "F32" => BinaryPrimitives.ReadSingleLittleEndian(at),
                "F64" => BinaryPrimitives.ReadDoubleLittleEndian(at),
                "F16" => (double)BinaryPrimitives.ReadHalfLittleEndian(at),
                // The upper half of a float32.
                "BF16" => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(at) << 16),
                "I32" => BinaryPrimitives.ReadInt32LittleEndian(at),
                "U32" => BinaryPrimitives.ReadUInt32LittleEndian(at),
                "I16" => BinaryPrimitives.ReadInt16LittleEndian(at),
                "U16" => BinaryPrimitives.ReadUInt16LittleEndian(at),
                "I8" => (sbyte)at[0],
                "U8" => at[0],
                "BOOL" => at[0] <= 1 ? at[0] : throw new FormatException($"Safetensors: an element of type BOOL is 0 or 1, found {at[0]}."),
                "U64" => BinaryPrimitives.ReadUInt64LittleEndian(at),
                _ => BinaryPrimitives.ReadInt64LittleEndian(at),
            };
        }
        return result;
    }

    /// <summary>The same elements in the order of other axes; of any type.</summary>
    /// <param name="axes">Which axis of this entry each axis of the result is.</param>
    internal SafetensorsEntry Permuted(params ReadOnlySpan<int> axes)
    {
        int size = SizeOf(Type), rank = Shape.Rank;
        var extents = new int[rank];
        var strides = new int[rank];
        for (int axis = 0; axis < rank; axis++) extents[axis] = Shape[axes[axis]];
        for (int axis = 0; axis < rank; axis++)
        {
            strides[axis] = 1;
            for (int inner = axes[axis] + 1; inner < rank; inner++) strides[axis] *= Shape[inner];
        }
        byte[] bytes = Bytes;
        var moved = new byte[bytes.Length];
        var place = new int[rank];
        for (int to = 0; to < Shape.Count; to++)
        {
            int from = 0;
            for (int axis = 0; axis < rank; axis++) from += place[axis] * strides[axis];
            bytes.AsSpan(from * size, size).CopyTo(moved.AsSpan(to * size));
            for (int axis = rank - 1; axis >= 0 && ++place[axis] == extents[axis]; axis--) place[axis] = 0;
        }
        return new SafetensorsEntry(Type, new Shape(extents), moved);
    }

    /// <summary>The same elements in another shape of as many.</summary>
    internal SafetensorsEntry Reshaped(Shape shape) => part is null ? new(Type, shape, held!) : new(Type, shape, part);

    /// <summary>Whether another has the same type, shape and bits.</summary>
    internal bool IsSame(SafetensorsEntry other) => Type == other.Type && Shape == other.Shape && Bytes.AsSpan().SequenceEqual(other.Bytes);

    /// <summary>Uploads the elements. A parameter's value is float32 from then on.</summary>
    public void CopyTo(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.Shape != Shape) throw new ShapeException($"Safetensors: entry of shape {Shape} for a tensor of shape {tensor.Shape}.");
        tensor.Leaf?.Keep(Precision.Float32);
        if (Type == "F32") tensor.Device.Upload(MemoryMarshal.Cast<byte, float>(Bytes), tensor.Range);
        else tensor.Device.Upload(ToDoubles(), tensor.Range);
    }
}
