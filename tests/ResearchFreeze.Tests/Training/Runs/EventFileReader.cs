using System.Buffers.Binary;
using Google.Protobuf;

namespace ResearchFreeze.Tests.Training;

/// <summary>Reads TensorBoard's event files independently of their writer: frames with a bitwise CRC-32C, messages with Google.Protobuf.</summary>
internal static class EventFileReader
{
    /// <summary>All scalars in the file's order; checks every frame, the version and that there is nothing else.</summary>
    public static IReadOnlyList<EventScalar> Read(string path)
    {
        var scalars = new List<EventScalar>();
        int record = 0;
        for (ReadOnlySpan<byte> rest = File.ReadAllBytes(path); rest.Length > 0; record++)
        {
            int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(rest));
            Assert.Equal(Masked(rest[..8]), BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]));
            byte[] data = rest.Slice(12, length).ToArray();
            Assert.Equal(Masked(data), BinaryPrimitives.ReadUInt32LittleEndian(rest[(12 + length)..]));
            rest = rest[(16 + length)..];
            ReadEvent(data, isFirst: record == 0, scalars);
        }
        Assert.NotEqual(0, record);
        return scalars;
    }

    /// <summary>The polynomial 0x1EDC6F41, a bit at a time.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> data)
    {
        uint crc = 0xffffffff;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0x82f63b78;
        }
        return ~crc;
    }

    private static uint Masked(ReadOnlySpan<byte> data)
    {
        uint crc = Crc32C(data);
        return unchecked(((crc >> 15) | (crc << 17)) + 0xa282ead8u);
    }

    private static void ReadEvent(byte[] data, bool isFirst, List<EventScalar> scalars)
    {
        var input = new CodedInputStream(data);
        double wall = double.NaN;
        long step = 0;
        string? version = null;
        var values = new List<(string Tag, float Value)>();
        while (input.ReadTag() is var tag and not 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    wall = input.ReadDouble();
                    break;
                case 2:
                    step = input.ReadInt64();
                    break;
                case 3:
                    version = input.ReadString();
                    break;
                case 5:
                    ReadSummary(input.ReadBytes(), values);
                    break;
                default:
                    Assert.Fail($"field {tag}");
                    break;
            }
        }
        Assert.Equal(isFirst ? "brain.Event:2" : null, version);
        Assert.Equal(isFirst, values.Count == 0);
        scalars.AddRange(values.Select(value => new EventScalar(wall, step, value.Tag, value.Value)));
    }

    private static void ReadSummary(ByteString data, List<(string Tag, float Value)> values)
    {
        CodedInputStream input = data.CreateCodedInput();
        while (input.ReadTag() is var tag and not 0)
        {
            Assert.Equal(WireFormat.MakeTag(1, WireFormat.WireType.LengthDelimited), tag);
            CodedInputStream value = input.ReadBytes().CreateCodedInput();
            Assert.Equal(WireFormat.MakeTag(1, WireFormat.WireType.LengthDelimited), value.ReadTag());
            string name = value.ReadString();
            Assert.Equal(WireFormat.MakeTag(2, WireFormat.WireType.Fixed32), value.ReadTag());
            values.Add((name, value.ReadFloat()));
            Assert.True(value.IsAtEnd);
        }
    }
}
