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

    // A tensor is read and written in pieces of so many bytes, whole elements each: what is converted or comes from a file does not lie in memory twice, and it may have more bytes than an array can have.
    private const int PieceBytes = 1 << 22;

    private readonly IElementBytes bytes;

    internal SafetensorsEntry(string type, Shape shape, IElementBytes bytes)
    {
        Type = type;
        Shape = shape;
        this.bytes = bytes;
    }

    internal SafetensorsEntry(string type, Shape shape, byte[] bytes)
        : this(type, shape, new HeldElements<byte>(bytes))
    {
    }

    /// <summary>The type as the format names it.</summary>
    public string Type { get; }

    /// <summary>The extents.</summary>
    public Shape Shape { get; }

    /// <summary>A copy of the elements' bytes: of what is small, or has to be moved as a whole.</summary>
    /// <exception cref="FormatException">There are more than an array can have.</exception>
    internal byte[] Bytes
    {
        get
        {
            if (Length > Array.MaxLength) throw new FormatException($"Safetensors: a tensor of shape {Shape} and type {Type} has {Length} bytes, at most {Array.MaxLength} can be moved as a whole.");
            var all = new byte[Length];
            bytes.Read(0, all);
            return all;
        }
    }

    /// <summary>How many bytes there are.</summary>
    internal long Length => bytes.Length;

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

    /// <summary>The bytes in order, whole elements each, read when they are asked for; a piece is good until the next one.</summary>
    internal IEnumerable<ReadOnlyMemory<byte>> Pieces()
    {
        var buffer = new byte[Math.Min(PieceBytes, Length)];
        for (long at = 0; at < Length; at += buffer.Length)
        {
            Memory<byte> piece = buffer.AsMemory(0, (int)Math.Min(buffer.Length, Length - at));
            bytes.Read(at, piece.Span);
            yield return piece;
        }
    }

    /// <summary>Bytes of an element, or 0 for a type this library does not read.</summary>
    internal static int SizeOf(string type) => type switch { "F64" or "I64" or "U64" => 8, "F32" or "I32" or "U32" => 4, "F16" or "BF16" or "I16" or "U16" => 2, "U8" or "I8" or "BOOL" => 1, _ => 0 };

    /// <summary>An entry of reals.</summary>
    public static SafetensorsEntry Of(Shape shape, ReadOnlySpan<float> values) => new("F32", shape, new HeldElements<float>(values.ToArray()));

    /// <summary>An entry of reals.</summary>
    public static SafetensorsEntry Of(Shape shape, ReadOnlySpan<double> values) => new("F64", shape, new HeldElements<double>(values.ToArray()));

    /// <summary>An entry of reals that are rounded to bfloat16: to the nearest, of two the even one; what is too large becomes infinite.</summary>
    public static SafetensorsEntry OfBFloat16(Shape shape, ReadOnlySpan<float> values)
    {
        var rounded = new ushort[values.Length];
        for (int i = 0; i < values.Length; i++) rounded[i] = Precisions.ToBFloat16(values[i]);
        return new SafetensorsEntry("BF16", shape, new HeldElements<ushort>(rounded));
    }

    /// <summary>An entry of integers.</summary>
    public static SafetensorsEntry Of(Shape shape, ReadOnlySpan<long> values) => new("I64", shape, new HeldElements<long>(values.ToArray()));

    /// <summary>An entry that holds a text, in UTF-8.</summary>
    /// <exception cref="ArgumentException">It has half of a surrogate pair: there are no bytes for it.</exception>
    public static SafetensorsEntry Of(string text)
    {
        byte[] letters = Utf8.GetBytes(text);
        return new SafetensorsEntry("U8", [letters.Length], letters);
    }

    /// <summary>A tensor's elements in the device's own precision, or in bfloat16 where they are kept in that. Waits for the device.</summary>
    public static SafetensorsEntry Of(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.Range.Storage.Kind == ElementKind.BFloat16) return OfBFloat16(tensor.Shape, tensor.ToArray());
        if (tensor.Device.RealSize == sizeof(float)) return new SafetensorsEntry("F32", tensor.Shape, new HeldElements<float>(tensor.ToArray()));
        var values = new double[tensor.Shape.Count];
        tensor.CopyTo(values);
        return new SafetensorsEntry("F64", tensor.Shape, new HeldElements<double>(values));
    }

    /// <summary>The same without a copy: the elements are read from the device when they are asked for, in pieces, so the tensor stays as it is until then.</summary>
    internal static SafetensorsEntry Referring(Tensor tensor) =>
        tensor.Range.Storage.Kind == ElementKind.BFloat16 ? Of(tensor) : new(tensor.Device.RealSize == sizeof(float) ? "F32" : "F64", tensor.Shape, new TensorElements(tensor));

    /// <summary>The elements as reals: exactly, but for integers beyond 2⁵³; true is 1.</summary>
    /// <exception cref="FormatException">The type is not read, or an element of BOOL is neither 0 nor 1.</exception>
    public double[] ToDoubles()
    {
        RequireRead();
        var result = new double[Shape.Count];
        int at = 0;
        foreach (ReadOnlyMemory<byte> piece in Pieces()) at += ToReals(piece.Span, result.AsSpan(at));
        return result;
    }

    /// <summary>Converts a piece, and returns how many elements it has.</summary>
    private int ToReals(ReadOnlySpan<byte> piece, Span<double> to)
    {
        int size = SizeOf(Type), count = piece.Length / size;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> at = piece[(i * size)..];
            to[i] = Type switch
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
        return count;
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
        byte[] all = Bytes, moved = new byte[all.Length];
        var place = new int[rank];
        for (int to = 0; to < Shape.Count; to++)
        {
            int from = 0;
            for (int axis = 0; axis < rank; axis++) from += place[axis] * strides[axis];
            all.AsSpan(from * size, size).CopyTo(moved.AsSpan(to * size));
            for (int axis = rank - 1; axis >= 0 && ++place[axis] == extents[axis]; axis--) place[axis] = 0;
        }
        return new SafetensorsEntry(Type, new Shape(extents), moved);
    }

    /// <summary>The same elements in another shape of as many.</summary>
    internal SafetensorsEntry Reshaped(Shape shape) => new(Type, shape, bytes);

    /// <summary>Whether another has the same type, shape and bits.</summary>
    internal bool IsSame(SafetensorsEntry other) => Type == other.Type && Shape == other.Shape && Length == other.Length && Pieces().Zip(other.Pieces(), (one, two) => one.Span.SequenceEqual(two.Span)).All(same => same);

    /// <summary>Uploads the elements. A parameter's value is float32 from then on.</summary>
    public void CopyTo(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.Shape != Shape) throw new ShapeException($"Safetensors: entry of shape {Shape} for a tensor of shape {tensor.Shape}.");
        RequireRead();
        // Before anything is written.
        if (Type == "BOOL") ToDoubles();
        tensor.Leaf?.Keep(Precision.Float32);
        int size = SizeOf(Type), at = 0;
        double[] values = Type == "F32" ? [] : new double[Math.Min(PieceBytes / size, Shape.Count)];
        foreach (ReadOnlyMemory<byte> piece in Pieces())
        {
            int count = Type == "F32" ? piece.Length / size : ToReals(piece.Span, values);
            TensorRange to = tensor.Range.Slice(at, count);
            if (Type == "F32") tensor.Device.Upload(MemoryMarshal.Cast<byte, float>(piece.Span), to);
            else tensor.Device.Upload(values.AsSpan(0, count), to);
            at += count;
        }
    }

    private void RequireRead()
    {
        if (SizeOf(Type) == 0) throw new FormatException($"Safetensors: type {Type} is not read.");
    }
}
