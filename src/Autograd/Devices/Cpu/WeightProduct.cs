using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Weights' gradient ← output gradient, transposed, times windows. The sum runs over all pixels and the result is small, so the pixels are cut into chunks,
/// whose number follows from the shape alone, each with a result of its own; these are then added in order. Columns are shared out freely.
/// </summary>
internal unsafe struct WeightProduct<TKernel>
    where TKernel : struct, IGemmKernel
{
    // Elements of all chunks' results: 4 MiB.
    private const int MaxPartial = 1 << 20;
    private const int MaxChunks = 16;

    // Pixels packed at a time: a panel of 32 columns of windows is then 32 KiB.
    private const int Block = 256;

    public PixelWindow Window;

    /// <summary>The output gradient.</summary>
    public float* Gradient;

    /// <summary>Outputs of all groups.</summary>
    public int Outputs;

    public int Groups;

    /// <summary>Outputs of a group.</summary>
    public int M;

    /// <summary>Pixels of all images.</summary>
    public int Pixels;

    /// <summary>Results of the chunks, one behind the other; of a single chunk, the gradient itself.</summary>
    public float* Partial;

    /// <summary>What the gradient's old content counts in the first block's result, where there is one chunk.</summary>
    public float Beta;

    public float* Zeros;

    private int columnParts;

    /// <summary>Chunks.</summary>
    public int Chunks { get; private set; }

    /// <summary>Parts to compute.</summary>
    public readonly int Parts => Chunks * Groups * columnParts;

    private readonly int RowPanels => (M + TKernel.Rows - 1) / TKernel.Rows;

    private readonly int ColumnPanels => (Window.K + TKernel.Columns - 1) / TKernel.Columns;

    /// <summary>Cuts the pixels into chunks, and the columns so that there are at least <paramref name="wanted"/> parts.</summary>
    public void Cut(int wanted)
    {
        Chunks = Math.Clamp(Math.Min(MaxPartial / (Outputs * Window.K), Pixels / Block), 1, MaxChunks);
        int others = Chunks * Groups;
        columnParts = Math.Min(ColumnPanels, (wanted + others - 1) / others);
    }

    /// <summary>Computes one part.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Compute(int part, GemmSpace space)
    {
        (int rest, int columnPart) = Math.DivRem(part, columnParts);
        (int chunk, int group) = Math.DivRem(rest, Groups);
        int firstColumn = Start(columnPart, ColumnPanels, columnParts), endColumn = Start(columnPart + 1, ColumnPanels, columnParts), n = Window.K;
        int pixel = Start(chunk, Pixels, Chunks), end = Start(chunk + 1, Pixels, Chunks), blocks = Math.Max(1, (end - pixel + Block - 1) / Block);
        int size = (end - pixel + blocks - 1) / blocks;
        PixelWindow window = Window;
        window.Source += group * window.Taken;
        float* c = Partial + ((((nint)chunk * Groups) + group) * M * n), packed = space.A.Floats((long)RowPanels * TKernel.Rows * Block);
        float beta = Beta;
        do
        {
            // Also once where there are no pixels: the sum is then zero.
            int count = Math.Min(size, end - pixel);
            for (int row = 0; row < RowPanels; row++)
            {
                int top = row * TKernel.Rows;
                float* from = Gradient + ((nint)pixel * Outputs) + (group * M) + top;
                GemmPacking.Straight(from, Outputs, Math.Min(TKernel.Rows, M - top), count, packed + (top * count), TKernel.Rows);
            }
            for (int column = firstColumn; column < endColumn; column++)
            {
                int at = column * TKernel.Columns, columns = Math.Min(TKernel.Columns, n - at);
                window.PackColumns(pixel, count, at, columns, space.Panel, TKernel.Columns);
                for (int row = 0; row < RowPanels; row++)
                {
                    int top = row * TKernel.Rows;
                    int rows = Math.Min(TKernel.Rows, M - top);
                    float* to = c + ((nint)top * n) + at;
                    GemmTiles<TKernel>.Compute(count, packed + (top * count), 1, TKernel.Rows, space.Panel, TKernel.Columns, Zeros, to, n, rows, columns, beta, Activation.None, space.Tile);
                }
            }
            beta = 1;
            pixel += size;
        }
        while (pixel < end);
    }

    private static int Start(int part, int items, int parts) => (int)((long)part * items / parts);
}
