using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Pixels ← windows times weights: a forward convolution, or one phase of an input gradient. The weights are packed once; a part is a run of pixels (of some
/// columns, where there are few pixels), whose windows the thread that computes it gathers just before, so that they are read from its own cache.
/// </summary>
internal unsafe struct PixelProduct<TKernel>
    where TKernel : struct, IGemmKernel
{
    // 240 rows of 256 are 240 KiB of the second-level cache.
    private const int MaxRowsAPart = 240;

    public PixelWindow Window;
    public ConvolutionWeights Weights;

    public PixelResult Result;
    public int Groups;

    /// <summary>Pixels of all images.</summary>
    public int M;

    /// <summary>Columns of a group.</summary>
    public int N;

    /// <summary>Products a block of a sum.</summary>
    public int KBlock;

    public float Beta;
    public Activation Activation;

    /// <summary>Padded to whole panels, group by group; or null.</summary>
    public float* Bias;

    public float* Zeros;
    public float* PackedWeights;

    private int rowParts;
    private int columnParts;

    /// <summary>Parts to compute.</summary>
    public readonly int Parts => Groups * rowParts * columnParts;

    /// <summary>Panels of weights to pack.</summary>
    public readonly int WeightPanels => Groups * ColumnPanels;

    /// <summary>Elements of packed weights.</summary>
    public readonly long PackedCount => (long)WeightPanels * TKernel.Columns * Window.K;

    private readonly int RowPanels => (M + TKernel.Rows - 1) / TKernel.Rows;

    private readonly int ColumnPanels => (N + TKernel.Columns - 1) / TKernel.Columns;

    /// <summary>Cuts the result into at least <paramref name="wanted"/> parts, if there are as many tiles.</summary>
    public void Cut(int wanted)
    {
        int rowsAPart = MaxRowsAPart / TKernel.Rows, each = (wanted + Groups - 1) / Groups;
        rowParts = Math.Min(RowPanels, Math.Max((RowPanels + rowsAPart - 1) / rowsAPart, each));
        columnParts = Math.Min(ColumnPanels, (each + rowParts - 1) / rowParts);
    }

    /// <summary>Packs one panel of weights.</summary>
    public readonly void PackWeights(int panel)
    {
        (int group, int index) = Math.DivRem(panel, ColumnPanels);
        int column = index * TKernel.Columns, columns = Math.Min(TKernel.Columns, N - column), k = Window.K;
        for (int start = 0; start < k; start += KBlock)
        {
            int count = Math.Min(KBlock, k - start);
            Weights.Pack(group, column, columns, start, count, PackedColumns(group, index, start, count), TKernel.Columns);
        }
    }

    /// <summary>Computes one part.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Compute(int part, GemmSpace space)
    {
        (int rest, int columnPart) = Math.DivRem(part, columnParts);

        // Groups of the same pixels follow one another: they share cache lines.
        (int rowPart, int group) = Math.DivRem(rest, Groups);
        int firstRow = Start(rowPart, RowPanels, rowParts), endRow = Start(rowPart + 1, RowPanels, rowParts);
        int firstColumn = Start(columnPart, ColumnPanels, columnParts), endColumn = Start(columnPart + 1, ColumnPanels, columnParts);
        PixelWindow window = Window;
        window.Source += group * window.Taken;
        float* packed = space.A.Floats(((long)(endRow - firstRow) * TKernel.Rows * KBlock) + GemmPacking.Overhang), biases = Bias + ((nint)group * ColumnPanels * TKernel.Columns);
        float* c = Result.First;
        bool isDense = Result.IsDense;
        int k = window.K, channels = Result.Channels;
        for (int start = 0; start < k; start += KBlock)
        {
            int count = Math.Min(KBlock, k - start);
            float* a = packed;
            for (int row = firstRow; row < endRow; row++, a += count * TKernel.Rows)
                window.PackRows(row * TKernel.Rows, Math.Min(TKernel.Rows, M - (row * TKernel.Rows)), start, count, a, TKernel.Rows);
            float beta = start == 0 ? Beta : 1;
            Activation activation = start + count == k ? Activation : Activation.None;
            for (int column = firstColumn; column < endColumn; column++)
            {
                int at = column * TKernel.Columns, columns = Math.Min(TKernel.Columns, N - at);
                float* b = PackedColumns(group, column, start, count), init = start == 0 && Bias != null ? biases + at : Zeros;
                nint offset = ((nint)group * N) + at;
                a = packed;
                for (int row = firstRow; row < endRow; row++, a += count * TKernel.Rows)
                {
                    int top = row * TKernel.Rows, rows = Math.Min(TKernel.Rows, M - top);
                    if (!isDense) SpreadTile(count, a, b, init, offset, top, rows, columns, beta, space);
                    else GemmTiles<TKernel>.Compute(count, a, 1, TKernel.Rows, b, TKernel.Columns, init, c + ((nint)top * channels) + offset, channels, rows, columns, beta, activation, space.Tile);
                }
            }
        }
    }

    private static int Start(int part, int panels, int parts) => (int)((long)part * panels / parts);

    // A group's panels of one block of K follow one another, then those of the next block.
    private readonly float* PackedColumns(int group, int panel, int k, int count)
    {
        nint panels = ColumnPanels, columns = TKernel.Columns;
        return PackedWeights + (((group * (nint)Window.K) + k) * panels * columns) + (panel * count * columns);
    }

    /// <summary>A tile whose pixels do not follow one another: computed beside, then added to each where it is.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void SpreadTile(int k, float* a, float* b, float* init, nint offset, int top, int rows, int columns, float beta, GemmSpace space)
    {
        const int MostRows = 16, CacheLine = 16;
        float** to = stackalloc float*[MostRows];
        var pixel = new PixelWalk(Window.Grid, top);
        for (int row = 0; row < rows; row++, pixel.Next())
        {
            to[row] = Result.At(pixel.Image, pixel.Row, pixel.Column) + offset;

            // No processor foresees these addresses: without, each store waits for memory.
            for (int i = 0; Sse.IsSupported && i < columns; i += CacheLine) Sse.Prefetch0(to[row] + i);
        }
        float* tile = space.Beside;
        GemmTiles<TKernel>.Compute(k, a, 1, TKernel.Rows, b, TKernel.Columns, init, tile, TKernel.Columns, rows, columns, 0, Activation.None, space.Tile);
        for (int row = 0; row < rows; row++, tile += TKernel.Columns)
        {
            int i = 0;
            for (; i <= columns - Lanes.Count; i += Lanes.Count) Lanes.Accumulate(Lanes.Load(tile + i), to[row] + i, beta);
            if (i < columns) Lanes.Accumulate(Lanes.Load(tile + i, columns - i), to[row] + i, columns - i, beta);
        }
    }
}
