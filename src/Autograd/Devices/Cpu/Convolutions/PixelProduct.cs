using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Pixels ← windows times weights: a forward convolution, or one phase of an input gradient. The weights are packed once; a part is some rows of the result (of some columns, where there are few rows), whose lines the
/// thread that computes it fills just before, so that they are read from its own cache.
/// </summary>
internal unsafe struct PixelProduct<TKernel> : IParallelWork
    where TKernel : struct, IGemmKernel
{
    // Pixels for which a panel of weights stays in the first-level cache.
    private const int MostPixels = 240;

    // Elements of a part's lines: 240 KiB of the second-level cache.
    private const int MostElements = 60_000;

    public PixelWindow Window;
    public ConvolutionWeights Weights;
    public PixelResult Result;
    public int Groups;

    /// <summary>Rows of all images of the result, each as its runs.</summary>
    public int Rows;

    /// <summary>Columns of a group.</summary>
    public int N;

    public float Beta;
    public Activation Activation;

    /// <summary>Padded to whole panels, group by group; or null.</summary>
    public float* Bias;

    public float* Zeros;
    public float* PackedWeights;
    public GemmSpace[] Spaces;

    private int rowParts;
    private int columnParts;

    /// <summary>Parts to compute.</summary>
    public readonly int Parts => Groups * rowParts * columnParts;

    /// <summary>Panels of weights to pack.</summary>
    public readonly int WeightPanels => Groups * ColumnPanels;

    /// <summary>Elements of packed weights.</summary>
    public readonly long PackedCount => (long)WeightPanels * TKernel.Columns * Window.K;

    private readonly int ColumnPanels => (N + TKernel.Columns - 1) / TKernel.Columns;

    /// <summary>Cuts the result into at least <paramref name="wanted"/> parts, if there are as many.</summary>
    public void Cut(int wanted)
    {
        int each = (wanted + Groups - 1) / Groups, most = (int)Math.Max(1, Math.Min(MostPixels / Window.RunPixels, MostElements / ((long)Window.Columns * Window.Slice)));
        rowParts = Math.Min(Rows, Math.Max((Rows + most - 1) / most, each));
        columnParts = Math.Min(ColumnPanels, (each + rowParts - 1) / rowParts);
    }

    /// <summary>Packs one panel of weights.</summary>
    public readonly void PackWeights(int panel)
    {
        (int group, int index) = Math.DivRem(panel, ColumnPanels);
        int column = index * TKernel.Columns, columns = Math.Min(TKernel.Columns, N - column), depth = Window.Depth, slice = Window.Slice;
        for (int start = 0; start < depth; start += slice)
        {
            int count = Math.Min(slice, depth - start);
            Weights.Pack(group, column, columns, start, count, PackedColumns(group, index, start, count), TKernel.Columns);
        }
    }

    /// <summary>Computes one part.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int part, int worker)
    {
        (int rest, int columnPart) = Math.DivRem(part, columnParts);

        // Groups of the same pixels follow one another: they share cache lines.
        (int rowPart, int group) = Math.DivRem(rest, Groups);
        int firstRow = CpuParallel.Start(rowPart, Rows, rowParts), endRow = CpuParallel.Start(rowPart + 1, Rows, rowParts);
        int firstColumn = CpuParallel.Start(columnPart, ColumnPanels, columnParts), endColumn = CpuParallel.Start(columnPart + 1, ColumnPanels, columnParts);
        PixelWindow window = Window;
        window.Source += group * window.Taken;
        int depth = window.Depth, slice = window.Slice;
        nint pitch = (nint)window.Columns * slice;

        // A tile may read windows behind the last.
        float* lines = Spaces[worker].A.Floats((pitch * (endRow - firstRow)) + ((nint)TKernel.Rows * window.PixelStep * slice) + window.K);
        for (int start = 0; start < depth; start += slice)
        {
            int count = Math.Min(slice, depth - start);
            for (int row = firstRow; row < endRow; row++) window.Fill(row, start, count, lines + ((row - firstRow) * pitch));
            for (int panel = firstColumn; panel < endColumn; panel++)
            {
                for (int row = firstRow; row < endRow; row++) Line(group, panel, row, start, count, lines + ((row - firstRow) * pitch), Spaces[worker]);
            }
        }
    }

    /// <summary>One slice of the sums of a run of the result, for one panel of columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Line(int group, int panel, int row, int start, int count, float* line, GemmSpace space)
    {
        int at = panel * TKernel.Columns, columns = Math.Min(TKernel.Columns, N - at), spread = Result.Spread.Width * Result.Channels;
        (int whole, int run) = Math.DivRem(row, Window.Runs);
        (int image, int y) = Math.DivRem(whole, Window.Grid.Height);
        float* c = Result.At(image, y, run * Window.RunPixels) + ((nint)group * N) + at, b = PackedColumns(group, panel, start, count);
        float* init = start == 0 && Bias != null ? Bias + ((nint)group * ColumnPanels * TKernel.Columns) + at : Zeros;
        nint stride = (nint)Window.PixelStep * count;

        // Neighbouring taps are one piece of the line; with a dilation each is a piece of its own.
        int pieces = Window.Step.Width == 1 ? 1 : Window.Taps.Width, length = pieces == 1 ? Window.Taps.Width * count : count;
        for (int piece = 0; piece < pieces; piece++, line += (nint)Window.Step.Width * count, b += length * TKernel.Columns)
        {
            bool isFirst = start + piece == 0, isLast = start + count == Window.Depth && piece == pieces - 1;
            GemmTiles<TKernel>.Compute(
                length, line, stride, 1, TKernel.Rows * stride, b, TKernel.Columns, piece == 0 ? init : Zeros, c, spread, Window.PixelsOf(row), columns, isFirst ? Beta : 1, isLast ? Activation : Activation.None, space.Tile);
        }
    }

    // A group's panels of one slice follow one another, then those of the next slice.
    private readonly float* PackedColumns(int group, int panel, int start, int count)
    {
        nint panels = ColumnPanels, columns = TKernel.Columns, width = Window.Taps.Width;
        return PackedWeights + (((group * (nint)Window.K) + (start * width)) * panels * columns) + (panel * count * width * columns);
    }
}
