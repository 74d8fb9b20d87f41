using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// The weight gradient of a 3×3 convolution by Winograd's F(3, 4): tiles of images and of the output gradient meet at 36 points, where each is an outer product summed over the tiles, and the sums alone are transformed
/// back. Chunks of tiles follow from the shape and are added in order; a chunk's outputs and channels are cut into slices, which split no sum.
/// </summary>
internal unsafe struct WinogradWeightProduct<TKernel> : IParallelWork
    where TKernel : struct, IGemmKernel
{
    private const int MaxChunks = 16;

    // All chunks' sums together: 3 MiB, or one chunk's.
    private const int MaxPartial = 3 << 18;

    // Outputs and channels of a slice, and elements of a block's transformed tiles: its sums and tiles together are about 360 KiB of the second-level cache.
    private const int MaxSlice = 36;
    private const int MaxTransformed = 55_000;
    private const int MinBlock = 8;

    // Between points, so that their rows do not all fall on the same lines of the cache.
    private const int Gap = 16;

    public WinogradTiles Images;
    public WinogradTiles Gradient;

    /// <summary>Tiles of all images.</summary>
    public int Count;

    /// <summary>Chunks' sums: partial[((chunk·36 + point)·outputs + output)·width + channel].</summary>
    public float* Partial;

    public float* Zeros;
    public GemmSpace[] Spaces;

    private int rowSlices;
    private int columnSlices;
    private int block;

    /// <summary>Chunks.</summary>
    public int Chunks { get; private set; }

    /// <summary>Parts to compute.</summary>
    public readonly int Parts => Chunks * rowSlices * columnSlices;

    /// <summary>From one output's sums to the next's: whole halves of a panel.</summary>
    public readonly int Width => (Images.Channels + Half - 1) / Half * Half;

    /// <summary>Elements of a chunk's sums.</summary>
    public readonly int Sums => WinogradTransform.Points * Gradient.Channels * Width;

    private static int Half => TKernel.Columns / 2;

    private readonly int RowPanels => (Gradient.Channels + TKernel.Rows - 1) / TKernel.Rows;

    /// <summary>Cuts the tiles into chunks, and the outputs so that there are at least <paramref name="wanted"/> parts.</summary>
    public void Cut(int wanted)
    {
        // The block decides in which order a sum is added up, so it follows from the shape, and slices that threads want beyond those that the cache wants do not change it.
        rowSlices = (Gradient.Channels + MaxSlice - 1) / MaxSlice;
        columnSlices = (Width + MaxSlice - 1) / MaxSlice;
        block = Math.Max(MinBlock, MaxTransformed / WinogradTransform.Points / ((Width / columnSlices) + (Gradient.Channels / rowSlices)));
        Chunks = Math.Clamp(Math.Min(MaxPartial / Sums, Count / block), 1, MaxChunks);
        rowSlices = Math.Min(RowPanels, Math.Max(rowSlices, (wanted + (Chunks * columnSlices) - 1) / (Chunks * columnSlices)));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int part, int worker)
    {
        GemmSpace space = Spaces[worker];
        (int rest, int columnSlice) = Math.DivRem(part, columnSlices);
        (int chunk, int rowSlice) = Math.DivRem(rest, rowSlices);
        int outputs = Gradient.Channels, width = Width, halves = width / Half;
        int top = CpuParallel.Start(rowSlice, RowPanels, rowSlices) * TKernel.Rows, rows = Math.Min(outputs, CpuParallel.Start(rowSlice + 1, RowPanels, rowSlices) * TKernel.Rows) - top;
        int left = CpuParallel.Start(columnSlice, halves, columnSlices) * Half, columns = (CpuParallel.Start(columnSlice + 1, halves, columnSlices) * Half) - left;
        int first = CpuParallel.Start(chunk, Count, Chunks), end = CpuParallel.Start(chunk + 1, Count, Chunks);
        WinogradTiles images = Images with { Source = Images.Source + left, Taken = Math.Min(columns, Images.Channels - left) }, gradient = Gradient with { Source = Gradient.Source + top, Taken = rows };
        int channels = WinogradTiles.Padded(images.Taken), padded = WinogradTiles.Padded(rows);
        nint strideX = ((nint)block * channels) + Gap, strideY = ((nint)block * padded) + Gap;

        // A tile of a product may read behind the last row.
        float* x = space.A.Floats((strideX * WinogradTransform.Points) + TKernel.Columns), y = space.B.Floats((strideY * WinogradTransform.Points) + TKernel.Columns);
        float* sums = Partial + ((nint)chunk * Sums) + ((nint)top * width) + left;
        for (int tile = first; tile < end; tile += block)
        {
            int count = Math.Min(block, end - tile);
            float beta = tile == first ? 0 : 1;
            images.Transform(tile, count, WinogradTransform.Side, x, strideX);
            gradient.Transform(tile, count, WinogradTransform.Outputs, y, strideY);
            for (int point = 0; point < WinogradTransform.Points; point++)
            {
                for (int column = 0; column < columns; column += TKernel.Columns)
                {
                    GemmTiles<TKernel>.Compute(
                        count, y + (point * strideY), 1, padded, TKernel.Rows, x + (point * strideX) + column, channels, Zeros, sums + ((nint)point * outputs * width) + column, width, rows,
                        Math.Min(TKernel.Columns, columns - column), beta, Activation.None, space.Tile);
                }
            }
        }
    }
}

/// <summary>Adds the chunks' sums in order and transforms them to weight gradients, an output at a time.</summary>
internal unsafe struct WinogradTapGradients : IRangeWork
{
    /// <summary>See <see cref="WinogradWeightProduct{TKernel}.Partial"/>.</summary>
    public float* Partial;

    public int Chunks;
    public int Outputs;
    public int Channels;
    public int Width;

    /// <summary>Weights (outputs, 3, 3, channels).</summary>
    public float* Result;

    public float Beta;

    /// <inheritdoc/>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int start, int end)
    {
        const int Points = WinogradTransform.Points, Side = WinogradTransform.Side, Taps = WinogradTransform.Taps;
        Vector<float>* sums = stackalloc Vector<float>[Points], columns = stackalloc Vector<float>[Side * Taps], taps = stackalloc Vector<float>[Taps];
        nint stride = (nint)Outputs * Width;
        for (int output = start; output < end; output++)
        {
            for (int channel = 0; channel < Channels; channel += Lanes.Count)
            {
                int lanes = Math.Min(Lanes.Count, Channels - channel);
                float* from = Partial + ((nint)output * Width) + channel, to = Result + ((nint)output * Taps * Taps * Channels) + channel;
                for (int point = 0; point < Points; point++) sums[point] = Lanes.Load(from + (point * stride));
                for (int chunk = 1; chunk < Chunks; chunk++)
                {
                    from += Points * stride;
                    for (int point = 0; point < Points; point++) sums[point] += Lanes.Load(from + (point * stride));
                }
                for (int i = 0; i < Side; i++)
                {
                    Vector<float>* m = sums + i;
                    WinogradTransform.TapGradient(m[0], m[6], m[12], m[18], m[24], m[30], columns + i, Side);
                }
                for (int row = 0; row < Taps; row++)
                {
                    Vector<float>* m = columns + (row * Side);
                    WinogradTransform.TapGradient(m[0], m[1], m[2], m[3], m[4], m[5], taps, 1);
                    for (int tap = 0; tap < Taps; tap++, to += Channels) Lanes.Accumulate(taps[tap], to, lanes, Beta);
                }
            }
        }
    }
}
