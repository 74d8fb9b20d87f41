using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace ResearchFreeze.Autograd;

/// <summary>
/// What is read after a strip of tiles: some elements of each of some rows. The strip asks for a few lines of it with every tile, so that they come from memory while products are made; asked for all at once, or only
/// when they are needed, they would be waited for: there are at most some twenty requests on their way at a time.
/// </summary>
internal unsafe struct GemmAhead
{
    private const int Line = 16;

    private readonly nint stride;
    private readonly int length;
    private readonly int perTile;
    private float* row;
    private int at;
    private int rows;

    /// <summary>Rows of <paramref name="length"/> elements, <paramref name="stride"/> apart, to be asked for during <paramref name="tiles"/> tiles.</summary>
    public GemmAhead(float* start, nint stride, int rows, int length, int tiles)
    {
        row = start;
        this.stride = stride;
        this.rows = rows;
        this.length = length;
        perTile = ((rows * ((length + Line - 1) / Line)) + tiles - 1) / Math.Max(1, tiles);
    }

    /// <summary>Asks for a tile's share, into the second-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Ask()
    {
        if (!Sse.IsSupported) return;
        for (int i = perTile; i > 0 && rows > 0; i--)
        {
            Sse.Prefetch1(row + at);
            at += Line;
            if (at < length) continue;
            at = 0;
            row += stride;
            rows--;
        }
    }
}
