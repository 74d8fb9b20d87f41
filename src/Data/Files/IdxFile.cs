using System.Buffers.Binary;
using System.IO.Compression;

namespace ResearchFreeze.Data;

/// <summary>
/// Reads and writes IDX files of unsigned bytes, the format of MNIST and its descendants: two zero bytes, the type (8), the rank, one
/// big-endian 32-bit size a dimension, then the values. Gzip is recognised by its first two bytes, not by the file's name.
/// </summary>
/// <remarks>
/// A header is never believed before it agrees with the file's size: for a plain file with its length, for gzip with the length in its
/// trailer and with the most that deflate can pack into that many bytes. Gzip files of several members are therefore refused, and what
/// would expand to more than 1 GiB is: a small file should not take all memory. Plain files are as large as they are.
/// </remarks>
public static class IdxFile
{
    private const int UnsignedByte = 0x08;

    // Ten bytes of header, two of an empty deflate block, eight of trailer (CRC-32 and length).
    private const int SmallestGzip = 20;

    // More than the largest sets of this kind (EMNIST by class: 0.55 GB).
    private const long MostExpanded = 1 << 30;

    // Deflate's best case: a pair of one-bit codes for 258 bytes.
    private const int BestGzipRatio = 1032;

    /// <summary>Reads a file that must have this rank: 3 for images, 1 for labels.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DataFormatException">The file is truncated, oversized, corrupt, or of another kind.</exception>
    public static IdxData Read(string path, int rank)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: no such file.", path);
        using FileStream file = File.OpenRead(path);
        return Read(file, path, rank);
    }

    /// <summary>Reads a stream that can seek, from its beginning; <paramref name="name"/> is what errors call it.</summary>
    /// <exception cref="DataFormatException">The content is truncated, oversized, corrupt, or of another kind.</exception>
    public static IdxData Read(Stream stream, string name, int rank)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (rank is < 1 or > 8) throw new ArgumentOutOfRangeException(nameof(rank), $"An IDX file has 1 to 8 dimensions, not {rank}.");
        try
        {
            if (IsGzip(stream)) return ReadGzip(stream, name, rank);
            return ReadPayload(stream, name, rank, stream.Length, "the file has", stream.Length, long.MaxValue);
        }
        catch (InvalidDataException error)
        {
            // The decompressor's own message is about zip archives; it is kept as the inner exception.
            throw new DataFormatException(name, "intact gzip data", "corrupt data (bad code or checksum)", error);
        }
        catch (EndOfStreamException error)
        {
            throw new DataFormatException(name, "as many bytes as the header announces", "a truncated file", error);
        }
    }

    /// <summary>Writes a file, compressed or not. The same values give the same bytes (no time, no name) as long as the runtime's deflate is the same.</summary>
    public static void Write(string path, IdxData data, bool compress)
    {
        ArgumentNullException.ThrowIfNull(data);
        using FileStream file = File.Create(path);
        if (!compress)
        {
            WritePayload(file, data);
            return;
        }
        using var gzip = new GZipStream(file, CompressionLevel.SmallestSize);
        WritePayload(gzip, data);
    }

    private static bool IsGzip(Stream stream)
    {
        stream.Position = 0;
        bool gzip = stream.ReadByte() == 0x1F && stream.ReadByte() == 0x8B;
        stream.Position = 0;
        return gzip;
    }

    private static IdxData ReadGzip(Stream stream, string name, int rank)
    {
        if (stream.Length < SmallestGzip) throw new DataFormatException(name, $"at least {SmallestGzip} bytes of gzip", $"{stream.Length} bytes");
        Span<byte> trailer = stackalloc byte[4];
        stream.Position = stream.Length - trailer.Length;
        stream.ReadExactly(trailer);
        stream.Position = 0;
        using var content = new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true);
        return ReadPayload(content, name, rank, BinaryPrimitives.ReadUInt32LittleEndian(trailer), "the gzip trailer says", stream.Length, MostExpanded);
    }

    /// <param name="content">The values, decompressed.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="rank">The rank asked for.</param>
    /// <param name="length">How many bytes <paramref name="content"/> should hold.</param>
    /// <param name="lengthSays">Who says so.</param>
    /// <param name="stored">How many bytes there are on disk.</param>
    /// <param name="most">How many bytes it may hold.</param>
    private static IdxData ReadPayload(Stream content, string name, int rank, long length, string lengthSays, long stored, long most)
    {
        Span<byte> header = stackalloc byte[4 + (4 * rank)];
        int read = content.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        uint magic = read < 4 ? 0 : BinaryPrimitives.ReadUInt32BigEndian(header);
        uint expected = (uint)((UnsignedByte << 8) | rank);
        if (read >= 4 && magic != expected)
        {
            string kind = $"unsigned bytes, {rank} dimension{(rank == 1 ? "" : "s")}";
            throw new DataFormatException(name, $"the IDX magic number 0x{expected:X8} ({kind})", $"0x{magic:X8}");
        }
        if (read < header.Length) throw new DataFormatException(name, $"an IDX header of {header.Length} bytes", $"{read} bytes");

        var dimensions = new int[rank];
        Int128 count = 1;
        for (int axis = 0; axis < rank; axis++)
        {
            dimensions[axis] = BinaryPrimitives.ReadInt32BigEndian(header[(4 + (4 * axis))..]);
            if (dimensions[axis] <= 0) throw new DataFormatException(name, $"a positive size of dimension {axis}", $"{dimensions[axis]}");
            // Eight dimensions of 31 bits do not fit 128 bits, so it stops as soon as no array could hold it.
            count *= dimensions[axis];
            if (count > Array.MaxLength)
            {
                throw new DataFormatException(name, $"at most {Array.MaxLength} values", $"a header with {string.Join(" × ", dimensions[..(axis + 1)])}");
            }
        }

        long announced = header.Length + (long)count;
        if (announced != length)
        {
            throw new DataFormatException(
                name, $"{announced} bytes ({string.Join(" × ", dimensions)} after a header of {header.Length})", $"that {lengthSays} {length}");
        }
        if (announced > stored * BestGzipRatio)
        {
            throw new DataFormatException(name, $"{announced} bytes", $"{stored} bytes of gzip, which hold at most {stored * BestGzipRatio}");
        }
        if (announced > most)
            throw new DataFormatException(name, $"gzip data that expands to at most {most} bytes (decompress a larger file first)", $"a header with {string.Join(" × ", dimensions)}, which is {announced} bytes");
        var values = new byte[(int)count];
        content.ReadExactly(values);
        if (content.ReadByte() >= 0) throw new DataFormatException(name, $"{announced} bytes", "more of them");
        return new IdxData(dimensions, values);
    }

    private static void WritePayload(Stream stream, IdxData data)
    {
        Span<byte> header = stackalloc byte[4 + (4 * data.Dimensions.Length)];
        BinaryPrimitives.WriteInt32BigEndian(header, (UnsignedByte << 8) | data.Dimensions.Length);
        for (int axis = 0; axis < data.Dimensions.Length; axis++)
        {
            BinaryPrimitives.WriteInt32BigEndian(header[(4 + (4 * axis))..], data.Dimensions[axis]);
        }
        stream.Write(header);
        stream.Write(data.Values);
    }
}
