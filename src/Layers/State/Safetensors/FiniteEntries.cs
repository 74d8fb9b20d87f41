using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ResearchFreeze.Layers;

/// <summary>Finds weights that are no numbers when they are read, and not after the first step that used them.</summary>
internal static class FiniteEntries
{
    /// <summary>Finds the first element that is NaN or infinite.</summary>
    /// <param name="entry">Real numbers; of another type nothing is found.</param>
    /// <param name="name">What it is called where it was read.</param>
    /// <param name="where">What it was read from.</param>
    /// <exception cref="FormatException">There is one. The message has its place in the tensor and how many there are.</exception>
    public static void Require(SafetensorsEntry entry, string name, string where)
    {
        if (entry.Kind != SafetensorsKind.Reals) return;
        int first = -1, count = 0, at = 0, size = SafetensorsEntry.SizeOf(entry.Type);
        foreach (ReadOnlyMemory<byte> piece in entry.Pieces())
        {
            for (int i = 0, elements = piece.Length / size; i < elements; i++, at++)
            {
                if (IsFinite(entry.Type, piece.Span, i)) continue;
                if (count++ == 0) first = at;
            }
        }
        if (count == 0) return;
        var place = new int[entry.Shape.Rank];
        for (int axis = place.Length - 1, rest = first; axis >= 0; rest /= entry.Shape[axis--]) place[axis] = rest % entry.Shape[axis];
        string others = count == 1 ? "" : FormattableString.Invariant($" (and {count - 1} more that are not finite)");
        throw new FormatException(FormattableString.Invariant($"{where}: expected finite numbers in '{name}' {entry.Shape}, found {entry.ToDoubles()[first]} at ({string.Join(", ", place)}){others}."));
    }

    // By the exponent's bits: nothing is converted for the many that are numbers.
    private static bool IsFinite(string type, ReadOnlySpan<byte> bytes, int index) => type switch
    {
        "F32" => float.IsFinite(MemoryMarshal.Read<float>(bytes[(index * sizeof(float))..])),
        "F64" => double.IsFinite(MemoryMarshal.Read<double>(bytes[(index * sizeof(double))..])),
        "F16" => (BinaryPrimitives.ReadUInt16LittleEndian(bytes[(index * 2)..]) & 0x7c00) != 0x7c00,
        _ => (BinaryPrimitives.ReadUInt16LittleEndian(bytes[(index * 2)..]) & 0x7f80) != 0x7f80,
    };
}
