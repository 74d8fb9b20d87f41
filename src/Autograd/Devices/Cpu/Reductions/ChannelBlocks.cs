using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// How (rows, channels) is walked in whole vectors though channels are no multiple of one: a block is so many rows that their elements fill vectors, and coefficients of the channels are repeated to its length.
/// Channels too many to be repeated make a block of one row, whose last vector is cut off.
/// </summary>
internal readonly unsafe struct ChannelBlocks
{
    // Floats of a repeated coefficient: a few of them stay in the first-level cache.
    private const int LongestRepeated = 512;

    // Elements of the rows that one sum in float lanes runs over: they stay in the first-level cache for a second pass.
    private const int ChunkElements = 4096;

    // Rows of a chunk at least, so that its results are few beside its elements.
    private const int LeastChunkRows = 64;

    private ChannelBlocks(int rows, int channels, int blockRows)
    {
        Rows = rows;
        Channels = channels;
        BlockRows = blockRows;
        int chunk = Math.Max(LeastChunkRows, ChunkElements / channels);
        ChunkRows = Math.Max(BlockRows, chunk / BlockRows * BlockRows);
    }

    public int Rows { get; }

    public int Channels { get; }

    /// <summary>Rows of a block.</summary>
    public int BlockRows { get; }

    /// <summary>Elements of a block.</summary>
    public int Length => BlockRows * Channels;

    /// <summary>Blocks, the last one perhaps with fewer rows.</summary>
    public int Count => ((Rows - 1) / BlockRows) + 1;

    /// <summary>Rows of a chunk of a sum: whole blocks, from the shape alone.</summary>
    public int ChunkRows { get; }

    /// <summary>Chunks of a sum.</summary>
    public int Chunks => ((Rows - 1) / ChunkRows) + 1;

    /// <summary>For sums: the fewest rows that fill four vectors at a time, or else two or one, so that the lanes of a block are few to add up.</summary>
    public static ChannelBlocks ForSums(int rows, int channels) => new(rows, channels, RowsToFill(channels));

    /// <summary>For a pass over elements: many rows, so that a block's loop is long, but few beside all rows, so that repeating coefficients is little work.</summary>
    public static ChannelBlocks ForElements(int rows, int channels)
    {
        int fewest = RowsToFill(channels);
        return new ChannelBlocks(rows, channels, Math.Max(1, Math.Min(LongestRepeated / (fewest * channels), rows / (8 * fewest))) * fewest);
    }

    /// <summary>Elements from a block on, up to its end or the last row's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int LengthOf(int block) => (int)Math.Min(Length, ((long)(Rows - (block * BlockRows))) * Channels);

    /// <summary>Rows of a chunk, the last one perhaps with fewer.</summary>
    public int RowsOf(int chunk) => Math.Min(ChunkRows, Rows - (chunk * ChunkRows));

    /// <summary>Repeats a row of coefficients to the length of a block.</summary>
    public void Repeat(float* to)
    {
        for (int filled = Channels; filled < Length; filled *= 2)
        {
            int count = Math.Min(filled, Length - filled);
            new Span<float>(to, count).CopyTo(new Span<float>(to + filled, count));
        }
    }

    private static int RowsToFill(int channels)
    {
        for (int width = 4 * Lanes.Count; width >= Lanes.Count; width /= 2)
        {
            int rows = width / CommonDivisor(channels, width);
            if ((long)rows * channels <= LongestRepeated) return rows;
        }
        return 1;
    }

    private static int CommonDivisor(int a, int b) => b == 0 ? a : CommonDivisor(b, a % b);
}
