using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Result ← images ∗ 3×3 weights by Winograd's algorithm, a forward convolution or an input gradient: a quarter of the multiplications. A part is a run of tiles, for the second-level cache where there are not too many channels; the thread that
/// computes it transforms them, multiplies at each of the 36 points, and transforms the products back, so that nothing but images and weights passes through memory.
/// </summary>
internal unsafe struct WinogradProduct<TKernel> : IParallelWork
    where TKernel : struct, IGemmKernel
{
    // Transformed tiles and products of a part together: 280 KiB of the second-level cache.
    private const int MostElements = 70_000;

    // Between points, so that their rows do not all fall on the same lines of the cache.
    private const int Gap = 16;

    public WinogradTiles Tiles;
    public WinogradResult Result;

    /// <summary>The weights' layout.</summary>
    public WinogradWeights Weights;

    /// <summary>The transformed weights.</summary>
    public float* Transformed;

    /// <summary>Tiles of all images.</summary>
    public int Count;

    public float* Zeros;
    public GemmSpace[] Spaces;

    private int tilesAPart;

    /// <summary>Parts to compute.</summary>
    public readonly int Parts => (Count + tilesAPart - 1) / tilesAPart;

    /// <summary>Cuts the tiles into parts, at least <paramref name="wanted"/> where there are as many.</summary>
    public void Cut(int wanted)
    {
        int elements = WinogradTransform.Points * (WinogradTiles.Padded(Tiles.Channels) + (Weights.Panels * TKernel.Columns));
        int most = Math.Max(2, MostElements / elements / TKernel.Rows) * TKernel.Rows, parts = Math.Max(wanted, (Count + most - 1) / most);
        tilesAPart = Math.Max(1, ((Count + parts - 1) / parts) + TKernel.Rows - 1) / TKernel.Rows * TKernel.Rows;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int part, int worker)
    {
        GemmSpace space = Spaces[worker];
        int first = part * tilesAPart, count = Math.Min(tilesAPart, Count - first), rows = Weights.Rows, padded = WinogradTiles.Padded(rows), width = Weights.Panels * TKernel.Columns;
        nint strideIn = ((nint)tilesAPart * padded) + Gap, strideOut = ((nint)tilesAPart * width) + Gap;

        // A tile of a product may read rows behind the last.
        float* transformed = space.A.Floats((strideIn * WinogradTransform.Points) + (TKernel.Rows * padded)), products = space.B.Floats(strideOut * WinogradTransform.Points);
        Tiles.Transform(first, count, WinogradTransform.Side, transformed, strideIn);
        for (int point = 0; point < WinogradTransform.Points; point++)
        {
            for (int panel = 0; panel < Weights.Panels; panel++)
            {
                int at = panel * TKernel.Columns, columns = Weights.Columns - at > TKernel.Columns / 2 ? TKernel.Columns : TKernel.Columns / 2;
                float* b = Transformed + (point * Weights.Stride) + ((nint)at * rows);
                GemmTiles<TKernel>.Compute(
                    rows, transformed + (point * strideIn), padded, 1, TKernel.Rows * padded, b, TKernel.Columns, Zeros, products + (point * strideOut) + at, width, count, columns, 0, Activation.None, space.Tile);
            }
        }
        Result.Store(new Size2(Tiles.Down, Tiles.Across), first, count, products, strideOut, width);
    }
}
