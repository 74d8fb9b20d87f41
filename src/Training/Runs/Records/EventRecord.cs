using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace ResearchFreeze.Training;

/// <summary>
/// A record of a TensorBoard event file: an <c>Event</c> message of protocol buffers in a TFRecord frame, which is its length, the length's checksum, the message and the message's checksum. The few fields that scalars need are
/// written by hand: a library for them would be a dependency of every program that trains.
/// </summary>
internal static class EventRecord
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Bytes = 2;
    private const int Fixed32 = 5;

    /// <summary>The first record of a file, by which readers know it.</summary>
    /// <param name="seconds">The wall time, since 1970.</param>
    public static byte[] Version(double seconds)
    {
        var message = new MemoryStream();
        WriteFixed64(message, 1, seconds);
        WriteBytes(message, 3, "brain.Event:2"u8);
        return Framed(message);
    }

    /// <summary>Numbers of one step.</summary>
    /// <param name="seconds">The wall time, since 1970.</param>
    /// <param name="step">Steps taken.</param>
    /// <param name="scalars">Each with its tag.</param>
    public static byte[] Scalars(double seconds, long step, IEnumerable<(string Tag, double Value)> scalars)
    {
        var summary = new MemoryStream();
        foreach ((string tag, double value) in scalars)
        {
            var scalar = new MemoryStream();
            WriteBytes(scalar, 1, Encoding.UTF8.GetBytes(tag));
            WriteFixed32(scalar, 2, (float)value);
            WriteBytes(summary, 1, scalar.ToArray());
        }
        var message = new MemoryStream();
        WriteFixed64(message, 1, seconds);
        WriteKey(message, 2, Varint);
        WriteVarint(message, (ulong)step);
        WriteBytes(message, 5, summary.ToArray());
        return Framed(message);
    }

    private static byte[] Framed(MemoryStream message)
    {
        const int Head = sizeof(ulong) + sizeof(uint);
        var framed = new byte[Head + message.Length + sizeof(uint)];
        message.GetBuffer().AsSpan(0, (int)message.Length).CopyTo(framed.AsSpan(Head));
        BinaryPrimitives.WriteUInt64LittleEndian(framed, (ulong)message.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(framed.AsSpan(sizeof(ulong)), Checksum(framed.AsSpan(0, sizeof(ulong))));
        BinaryPrimitives.WriteUInt32LittleEndian(framed.AsSpan(framed.Length - sizeof(uint)), Checksum(framed.AsSpan(Head, (int)message.Length)));
        return framed;
    }

    /// <summary>CRC-32C, masked as the format wants it: the checksum of data that have checksums in them would be a poor one.</summary>
    private static uint Checksum(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data) crc = BitOperations.Crc32C(crc, value);
        return BitOperations.RotateRight(~crc, 15) + 0xa282ead8;
    }

    private static void WriteKey(MemoryStream into, int field, int kind) => WriteVarint(into, (ulong)((field << 3) | kind));

    private static void WriteVarint(MemoryStream into, ulong value)
    {
        for (; value >= 0x80; value >>= 7) into.WriteByte((byte)(value | 0x80));
        into.WriteByte((byte)value);
    }

    private static void WriteBytes(MemoryStream into, int field, ReadOnlySpan<byte> value)
    {
        WriteKey(into, field, Bytes);
        WriteVarint(into, (ulong)value.Length);
        into.Write(value);
    }

    private static void WriteFixed64(MemoryStream into, int field, double value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        WriteKey(into, field, Fixed64);
        into.Write(bytes);
    }

    private static void WriteFixed32(MemoryStream into, int field, float value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        WriteKey(into, field, Fixed32);
        into.Write(bytes);
    }
}
