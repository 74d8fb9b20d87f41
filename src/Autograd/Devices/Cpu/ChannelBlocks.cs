using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// How (rows, channels) is walked in whole vectors though channels are no multiple of one: a block is the fewest rows whose elements fill vectors, and coefficients of the channels are repeated to its length.
/// Channels too many to be repeated make a block of one row, whose last vector is cut off.
/// </summary>
internal readonly unsafe struct ChannelBlocks
{
    // Floats of a repeated coefficient: a few of them stay in the first-level cache.
    private const int LongestRepeated = 1024;

    // Elements of the rows that one sum in float lanes runs over.
    private const int ChunkElements = 8192;

    public ChannelBlocks(int rows, int channels)
    {
        Rows = rows;
        Channels = channels;
        int width = Lanes.Count, common = CommonDivisor(channels, width);
        BlockRows = (long)channels * (width / common) <= LongestRepeated ? width / common : 1;
        int chunk = Math.Max(1, ChunkElements / channels);
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

    /// <summary>Elements from a block on, up to its end or the last row's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int LengthOf(int block) => (int)Math.Min(Length, ((long)(Rows - (block * BlockRows))) * Channels);

    /// <summary>Repeats a row of coefficients to the length of a block.</summary>
    public void Repeat(float* to)
    {
        for (int i = Channels; i < Length; i++) to[i] = to[i - Channels];
    }

    private static int CommonDivisor(int a, int b) => b == 0 ? a : CommonDivisor(b, a % b);
}
