using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>
/// How sums over the rows of (rows, channels) are shared out, as a kernel argument: a group takes a chunk of rows and a tile of channels, its threads lie side by side as the channels do. The cut follows from
/// the shape alone; group g is tile g mod tiles, chunk g / tiles. Lanes past the last channel do the last one's work again and store nothing.
/// </summary>
internal struct ChannelTiles
{
    private const int MaxWidth = 32, ThreadRows = 32, MaxChunks = 1024;

    public int Rows, Channels, Width, Tiles, Chunk;

    /// <summary>Chunks of rows.</summary>
    public readonly int Chunks => (Rows + Chunk - 1) / Chunk;

    /// <summary>The rows that this thread adds up: from here, a step at a time, to before the end.</summary>
    public readonly int First => Start + (Group.IdxX / Width);

    /// <summary>See <see cref="First"/>.</summary>
    public readonly int Step => Group.DimX / Width;

    /// <summary>Where the group's chunk begins.</summary>
    public readonly int Start => Grid.IdxX / Tiles * Chunk;

    /// <summary>And where it ends.</summary>
    public readonly int End => Start + Chunk < Rows ? Start + Chunk : Rows;

    /// <summary>The thread's channel.</summary>
    public readonly int Channel => Lane < Channels ? Lane : Channels - 1;

    /// <summary>Whether the thread has a channel of its own.</summary>
    public readonly bool HasChannel => Lane < Channels;

    /// <summary>Whether the thread stores its channel's sum.</summary>
    public readonly bool Stores => Group.IdxX < Width && Lane < Channels;

    /// <summary>Where a chunk's sums lie: chunk by chunk, channels innermost.</summary>
    public readonly int Place => (Grid.IdxX / Tiles * Channels) + Lane;

    private readonly int Lane => (Grid.IdxX % Tiles * Width) + (Group.IdxX & (Width - 1));

    public static ChannelTiles Of(int rows, int channels, int mostChunks = MaxChunks)
    {
        int width = 1;
        while (width < channels && width < MaxWidth) width *= 2;
        return new ChannelTiles
        {
            Rows = rows,
            Channels = channels,
            Width = width,
            Tiles = (channels + width - 1) / width,
            Chunk = Math.Max(Cell.GroupSize / width * ThreadRows, (rows + mostChunks - 1) / mostChunks),
        };
    }

    /// <summary>Rows of a chunk.</summary>
    public readonly int RowsOf(int chunk) => (chunk + 1) * Chunk < Rows ? Chunk : Rows - (chunk * Chunk);
}
