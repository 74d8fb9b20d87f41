using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Weights' gradient ← windows, transposed, times output gradient: a row is a tap and channel, a column an output. Windows are read from lines as in <see cref="PixelProduct{TKernel}"/>. The sum runs over all pixels and the result is small, so the rows of the images are cut into chunks, whose number follows from the shape alone, each with a result of its own; these are then
/// added in order. Taps and columns are shared out freely.
/// </summary>
internal unsafe struct WeightProduct<TKernel> : IParallelWork
    where TKernel : struct, IGemmKernel
{
    // Elements of all chunks' results: 4 MiB.
    private const int MaxPartial = 1 << 20;
    private const int MaxChunks = 16;

    // Pixels of a chunk, at least.
    private const int MinPixels = 256;

    // Sums run over this many pixels before they are stored. Where a row of the result has about as many, its windows overlap in one line, else each of the kernel's columns has lines of its own, which follow one another.
    private const int LongPixels = 128;
    private const int WideGrid = 24;

    // For so many tiles, a panel of the output gradient is worth copying.
    private const int PackedTiles = 4;

    public PixelWindow Window;

    /// <summary>The output gradient.</summary>
    public float* Gradient;

    /// <summary>Outputs of all groups.</summary>
    public int Outputs;

    public int Groups;

    /// <summary>Rows of all images of the output gradient, each as its runs.</summary>
    public int Rows;

    /// <summary>Results of the chunks, one behind the other: partial[((chunk·groups + group)·rows + row)·width + column], slice by slice.</summary>
    public float* Partial;

    public float* Zeros;
    public GemmSpace[] Spaces;

    private int slices;
    private int columnParts;

    /// <summary>Chunks.</summary>
    public int Chunks { get; private set; }

    /// <summary>Parts to compute.</summary>
    public readonly int Parts => Chunks * Groups * slices * columnParts;

    /// <summary>Outputs of a group.</summary>
    public readonly int N => Outputs / Groups;

    /// <summary>Elements of a row: whole halves of a panel.</summary>
    public readonly int Width => (N + (TKernel.Columns / 2) - 1) / (TKernel.Columns / 2) * (TKernel.Columns / 2);

    /// <summary>From one slice's rows to the next's: whole tiles, as every slice has.</summary>
    public readonly int SliceRows => ((Window.Slice * Window.Taps.Width) + TKernel.Rows - 1) / TKernel.Rows * TKernel.Rows;

    /// <summary>Elements of a group's result.</summary>
    public readonly nint Sums => (nint)slices * SliceRows * Width;

    private readonly bool IsJoined => Window.Taps.Width > 1 && Window.Step.Width == 1 && Window.Grid.Width >= WideGrid;

    private readonly int ColumnPanels => (N + TKernel.Columns - 1) / TKernel.Columns;

    /// <summary>Cuts the rows into chunks, and the columns so that there are at least <paramref name="wanted"/> parts.</summary>
    public void Cut(int wanted)
    {
        slices = (Window.Depth + Window.Slice - 1) / Window.Slice;
        int lines = Math.Max(1, MinPixels / Window.RunPixels);
        Chunks = (int)Math.Clamp(Math.Min(MaxPartial / (Outputs * (long)Window.K), Rows / lines), 1, MaxChunks);
        int others = Chunks * Groups * slices;
        columnParts = Math.Min(ColumnPanels, (wanted + others - 1) / others);
    }

    /// <summary>Computes one part.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int part, int worker)
    {
        GemmSpace space = Spaces[worker];
        (int rest, int columnPart) = Math.DivRem(part, columnParts);
        (rest, int slice) = Math.DivRem(rest, slices);
        (int chunk, int group) = Math.DivRem(rest, Groups);
        int firstColumn = CpuParallel.Start(columnPart, ColumnPanels, columnParts), endColumn = CpuParallel.Start(columnPart + 1, ColumnPanels, columnParts);
        int first = CpuParallel.Start(chunk, Rows, Chunks), end = CpuParallel.Start(chunk + 1, Rows, Chunks), start = slice * Window.Slice, count = Math.Min(Window.Slice, Window.Depth - start);
        float* result = Partial + ((((nint)chunk * Groups) + group) * Sums) + ((nint)slice * SliceRows * Width);
        int pieces = IsJoined ? 1 : Window.Taps.Width, width = Window.RunPixels, length = IsJoined ? Window.Taps.Width * count : count, lines = IsJoined ? 1 : Math.Max(1, LongPixels / width);
        PixelWindow window = IsJoined ? Window : Window with { Taps = new Size2(Window.Taps.Height, 1) };
        window.Source += group * window.Taken;
        nint pitch = (nint)window.Columns * count;

        // A tile may read elements behind the last window's.
        float* buffer = space.A.Floats((pieces * lines * pitch) + window.K + TKernel.Rows), panel = space.B.Floats((long)lines * width * TKernel.Columns);
        float beta = 0;
        int row = first;
        do
        {
            // Also once where there are no pixels: the sum is then zero.
            int rows = Math.Min(lines, end - row), pixels = rows == 1 ? Window.PixelsOf(row) : rows * width;
            float* gradient = Gradient + ((((nint)row / Window.Runs * Window.Grid.Width) + ((nint)row % Window.Runs * width)) * Outputs) + (group * N);
            for (int piece = 0; piece < pieces; piece++)
            {
                for (int i = 0; i < rows; i++) window.Fill(row + i, start, count, buffer + (((piece * lines) + i) * pitch));
                window.Origin = new Size2(window.Origin.Height, window.Origin.Width + window.Step.Width);
            }
            window.Origin = Window.Origin;
            for (int column = firstColumn; column < endColumn; column++)
            {
                int at = column * TKernel.Columns, columns = Math.Min(TKernel.Columns, N - at);
                float* values = gradient + at;
                nint stride = Outputs;
                if ((columns != TKernel.Columns && columns != TKernel.Columns / 2) || length >= PackedTiles * TKernel.Rows)
                {
                    GemmPacking.Straight(values, Outputs, columns, pixels, panel, TKernel.Columns);
                    values = panel;
                    stride = TKernel.Columns;
                }

                // Whole vectors: what is behind the last column is room in the result.
                int wide = columns > TKernel.Columns / 2 ? TKernel.Columns : TKernel.Columns / 2;
                for (int piece = 0; piece < pieces; piece++)
                {
                    GemmTiles<TKernel>.Compute(
                        pixels, buffer + (piece * lines * pitch), 1, (nint)window.PixelStep * count, TKernel.Rows, values, stride, Zeros, result + ((nint)piece * length * Width) + at, Width, length, wide, beta,
                        Activation.None, space.Tile);
                }
            }
            beta = 1;
            row += lines;
        }
        while (row < end);
    }
}

/// <summary>Adds the chunks' results of a <see cref="WeightProduct{TKernel}"/> in order and puts them where the weights have them, some outputs at a time.</summary>
internal unsafe struct WeightSums : IRangeWork
{
    public PixelWindow Window;
    public float* Partial;
    public int Chunks;
    public int Groups;

    /// <summary>Outputs of a group.</summary>
    public int N;

    /// <summary>See <see cref="WeightProduct{TKernel}.Width"/>.</summary>
    public int Width;

    /// <summary>See <see cref="WeightProduct{TKernel}.SliceRows"/>.</summary>
    public int SliceRows;

    /// <summary>See <see cref="WeightProduct{TKernel}.Sums"/>.</summary>
    public nint Sums;

    /// <summary>Weights (outputs, kernel height, kernel width, channels of a group).</summary>
    public float* Result;

    public float Beta;

    /// <summary>Runs of a vector's outputs that a group has.</summary>
    public readonly int Runs => (N + Lanes.Count - 1) / Lanes.Count;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int start, int end)
    {
        for (int run = start; run < end; run++)
        {
            (int group, int index) = Math.DivRem(run, Runs);
            int output = index * Lanes.Count, lanes = Math.Min(Lanes.Count, N - output);
            float* from = Partial + (group * Sums) + output, to = Result + (((nint)group * N) + output) * Window.K;
            for (int slice = 0; slice < Window.Depth; slice += Window.Slice, from += (nint)SliceRows * Width)
            {
                int count = Math.Min(Window.Slice, Window.Depth - slice);
                for (int tap = 0; tap < Window.Taps.Width; tap++)
                {
                    for (int i = 0; i < count; i++)
                    {
                        (int tapRow, int channel) = Math.DivRem(slice + i, Window.Taken);
                        Store(from + ((((nint)tap * count) + i) * Width), to + ((((nint)tapRow * Window.Taps.Width) + tap) * Window.Taken) + channel, lanes);
                    }
                }
            }
        }
    }

    /// <summary>One tap and channel of some outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Store(float* from, float* to, int lanes)
    {
        Vector<float> sum = Lanes.Load(from);
        for (int chunk = 1; chunk < Chunks; chunk++) sum += Lanes.Load(from += Groups * Sums);
        for (int lane = 0; lane < lanes; lane++, to += Window.K) *to = Beta == 0 ? sum[lane] : sum[lane] + (Beta * *to);
    }
}
