using System.Buffers.Binary;
using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Training;

public sealed class IdxFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_written_is_read_back_whatever_the_name(bool compress)
    {
        var images = new IdxData([3, 2, 5], [.. Enumerable.Range(0, 30).Select(i => (byte)(i * 8))]);
        // The name says the opposite of the content: only the content counts.
        string path = Path.Combine(folder.Root, compress ? "images" : "images.gz");
        IdxFile.Write(path, images, compress);
        IdxData read = IdxFile.Read(path, 3);
        Assert.Equal(images.Dimensions, read.Dimensions);
        Assert.Equal(images.Values, read.Values);
    }

    [Fact]
    public void Writing_twice_gives_the_same_bytes()
    {
        var data = new IdxData([100], new byte[100]);
        string first = Path.Combine(folder.Root, "a"), second = Path.Combine(folder.Root, "b");
        IdxFile.Write(first, data, compress: true);
        IdxFile.Write(second, data, compress: true);
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        string path = Path.Combine(folder.Root, "absent");
        var error = Assert.Throws<FileNotFoundException>(() => IdxFile.Read(path, 3));
        Assert.Equal($"{path}: no such file.", error.Message);
    }

    [Theory]
    [InlineData("", "an IDX header of 16 bytes, found 0 bytes.")]
    [InlineData("00 00 08", "an IDX header of 16 bytes, found 3 bytes.")]
    [InlineData("00 00 08 03 00 00 00 01 00", "an IDX header of 16 bytes, found 9 bytes.")]
    [InlineData("00 00 08 01 00 00 00 01 05", "the IDX magic number 0x00000803 (unsigned bytes, 3 dimensions), found 0x00000801.")]
    [InlineData("00 00 0D 03 00 00 00 01 00 00 00 01 00 00 00 01 05", "the IDX magic number 0x00000803 (unsigned bytes, 3 dimensions), found 0x00000D03.")]
    [InlineData("00 00 08 03 00 00 00 00 00 00 00 01 00 00 00 01", "a positive size of dimension 0, found 0.")]
    [InlineData("00 00 08 03 00 00 00 01 FF FF FF FB 00 00 00 01 05", "a positive size of dimension 1, found -5.")]
    [InlineData("00 00 08 03 00 00 00 02 00 00 00 01 00 00 00 02 05 06 07", "20 bytes (2 × 1 × 2 after a header of 16), found that the file has 19.")]
    [InlineData("00 00 08 03 00 00 00 01 00 00 00 01 00 00 00 02 05 06 07", "18 bytes (1 × 1 × 2 after a header of 16), found that the file has 19.")]
    [InlineData("00 00 08 03 7F FF FF FF 7F FF FF FF 7F FF FF FF", "at most 2147483591 values, found a header with 2147483647.")]
    [InlineData("00 00 08 03 00 01 00 00 00 01 00 00 00 01 00 00", "at most 2147483591 values, found a header with 65536 × 65536.")]
    public void A_bad_plain_file_is_refused_in_one_line(string hex, string expected)
    {
        AssertRefused(Bytes(hex), 3, expected);
    }

    [Theory]
    [InlineData("00 00 08 03 00 00 00 02 00 00 00 01 00 00 00 02 05 06 07", "20 bytes (2 × 1 × 2 after a header of 16), found that the gzip trailer says 19.")]
    [InlineData("00 00 08 03 00 00 00 01 00 00 00 01 00 00 00 02 05 06 07", "18 bytes (1 × 1 × 2 after a header of 16), found that the gzip trailer says 19.")]
    [InlineData("00 00 08 01 00 00 00 01 05", "the IDX magic number 0x00000803 (unsigned bytes, 3 dimensions), found 0x00000801.")]
    [InlineData("00 00", "an IDX header of 16 bytes, found 2 bytes.")]
    [InlineData("00 00 08 03 00 00 00 00 00 00 00 01 00 00 00 01", "a positive size of dimension 0, found 0.")]
    public void A_bad_file_inside_gzip_is_refused_in_one_line(string hex, string expected)
    {
        AssertRefused(TemporaryFolder.Gzip(Bytes(hex)), 3, expected);
    }

    [Fact]
    public void Labels_have_one_dimension()
    {
        AssertRefused(
            Bytes("00 00 08 03 00 00 00 01 00 00 00 01 00 00 00 01 05"), 1, "the IDX magic number 0x00000801 (unsigned bytes, 1 dimension), found 0x00000803.");
    }

    [Fact]
    public void Gzip_cut_off_is_refused()
    {
        byte[] gzip = TemporaryFolder.Gzip(Noise(5000));
        foreach (int length in new[] { 2, 19, 20, 30, gzip.Length / 2, gzip.Length - 8, gzip.Length - 4, gzip.Length - 1 })
        {
            string message = AssertRefused(gzip[..length], 1);
            if (length < 20) Assert.EndsWith($"at least 20 bytes of gzip, found {length} bytes.", message);
        }
    }

    [Fact]
    public void Gzip_cut_off_with_its_trailer_intact_is_refused()
    {
        byte[] gzip = TemporaryFolder.Gzip(Noise(5000));
        AssertRefused([.. gzip[..1000], .. gzip[^8..]], 1);
    }

    [Fact]
    public void Gzip_followed_by_anything_is_refused()
    {
        byte[] gzip = TemporaryFolder.Gzip(Noise(5000));
        AssertRefused([.. gzip, 1, 2, 3, 4], 1, "5008 bytes (5000 after a header of 8), found that the gzip trailer says 67305985.");
        AssertRefused([.. gzip, .. gzip], 1, "5008 bytes, found more of them.");
    }

    [Theory]
    [InlineData(8)]
    [InlineData(5)]
    public void A_wrong_checksum_is_found(int fromEnd)
    {
        byte[] gzip = TemporaryFolder.Gzip(Noise(5000));
        gzip[^fromEnd] ^= 1;
        AssertRefused(gzip, 1, "intact gzip data, found corrupt data (bad code or checksum).");
    }

    [Fact]
    public void A_changed_value_is_found()
    {
        byte[] gzip = TemporaryFolder.Gzip(Noise(5000));
        gzip[2500] ^= 1;
        AssertRefused(gzip, 1, "intact gzip data, found corrupt data (bad code or checksum).");
    }

    [Fact]
    public void A_header_that_lies_costs_no_memory()
    {
        const int Announced = 2_000_000_000;
        byte[] header = Header(Announced);
        byte[] gzip = TemporaryFolder.Gzip([.. header, .. new byte[100]]);
        BinaryPrimitives.WriteInt32LittleEndian(gzip.AsSpan(gzip.Length - 4), Announced + header.Length);
        long before = GC.GetAllocatedBytesForCurrentThread();
        AssertRefused([.. header, .. new byte[100]], 1, $"{Announced + 8} bytes ({Announced} after a header of 8), found that the file has 108.");
        // Trailer and header agree, but no gzip of this size could hold as much.
        AssertRefused(gzip, 1, $"{Announced + 8} bytes, found {gzip.Length} bytes of gzip, which hold at most {gzip.Length * 1032}.");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void Whatever_byte_is_changed_the_file_is_read_or_refused()
    {
        var random = new Random(7);
        byte[] plain = Noise(300);
        byte[] gzip = TemporaryFolder.Gzip(plain);
        for (int trial = 0; trial < 2000; trial++)
        {
            byte[] content = trial % 2 == 0 ? [.. plain] : [.. gzip];
            int at = trial % 4 < 2 ? random.Next(Math.Min(24, content.Length)) : random.Next(content.Length);
            content[at] = (byte)random.Next(256);
            if (trial % 8 == 7) content = content[..random.Next(content.Length)];
            try
            {
                Assert.Equal(300, IdxFile.Read(new MemoryStream(content), "changed", 1).Values.Length);
            }
            catch (DataFormatException error)
            {
                Assert.StartsWith("changed: expected ", error.Message);
            }
        }
    }

    private string AssertRefused(byte[] content, int rank, string? expected = null)
    {
        string path = folder.Write("bad", content);
        string message = Assert.Throws<DataFormatException>(() => IdxFile.Read(path, rank)).Message;
        Assert.StartsWith($"{path}: expected ", message);
        Assert.DoesNotContain('\n', message);
        if (expected is not null) Assert.Equal($"{path}: expected {expected}", message);
        return message;
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    private static byte[] Header(int count)
    {
        byte[] header = [0, 0, 8, 1, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), count);
        return header;
    }

    private static byte[] Noise(int count)
    {
        var values = new byte[count];
        new Random(1).NextBytes(values);
        return [.. Header(count), .. values];
    }
}
