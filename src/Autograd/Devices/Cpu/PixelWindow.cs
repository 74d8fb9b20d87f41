using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// The window of source pixels under each pixel of a result, as one operand of a matrix product: a row a pixel, a column a tap and channel. The matrix never
/// exists: its panels are gathered from the images when they are needed, zeros where the window hangs over the edge.
/// </summary>
internal unsafe struct PixelWindow
{
    // Rows of the tallest packed panel, and then some.
    private const int MostRows = 16;

    // Up to this many elements, the taps of a kernel's row are read as one.
    private const int MostJoined = 64;

    /// <summary>The first channel read of the first image.</summary>
    public float* Source;

    /// <summary>Zeros, as many as the longest block of a sum.</summary>
    public float* Zeros;

    /// <summary>Size of a source image.</summary>
    public Size2 Size;

    /// <summary>From one source pixel to the next.</summary>
    public int Channels;

    /// <summary>Channels that each tap reads.</summary>
    public int Taken;

    /// <summary>Pixels of the result, an image.</summary>
    public Size2 Grid;

    /// <summary>From the window of one pixel of the result to that of the next, in source pixels.</summary>
    public Size2 Stride;

    /// <summary>Where the first tap of the first pixel is.</summary>
    public Size2 Origin;

    /// <summary>From one tap to the next.</summary>
    public Size2 Step;

    /// <summary>Taps each way.</summary>
    public Size2 Taps;

    /// <summary>
    /// Neighbouring taps that are read as one: a kernel's whole row, where its pixels' channels follow one another in memory and are few.
    /// </summary>
    private readonly int Joined => Step.Width == 1 && Taken == Channels && Taps.Width * Taken <= MostJoined ? Taps.Width : 1;

    /// <summary>The length of a row.</summary>
    public readonly int K => Taps.Height * Taps.Width * Taken;

    /// <summary>The windows of a convolution over its images.</summary>
    public static PixelWindow OfImages(in Conv2dShape shape, float* images) => new()
    {
        Source = images,
        Size = new Size2(shape.Height, shape.Width),
        Channels = shape.Channels,
        Taken = shape.GroupChannels,
        Grid = new Size2(shape.OutputHeight, shape.OutputWidth),
        Stride = shape.Stride,
        Origin = new Size2(-shape.Padding.Height, -shape.Padding.Width),
        Step = shape.Dilation,
        Taps = shape.Kernel,
    };

    /// <summary>The output pixels that were computed from the image pixels of one phase.</summary>
    public static PixelWindow OfOutputGradient(in Conv2dShape shape, float* gradient, PhaseTaps rows, PhaseTaps columns) => new()
    {
        Source = gradient,
        Size = new Size2(shape.OutputHeight, shape.OutputWidth),
        Channels = shape.Outputs,
        Taken = shape.GroupOutputs,
        Grid = new Size2(rows.Pixels, columns.Pixels),
        Stride = 1,
        Origin = new Size2(rows.Origin, columns.Origin),
        Step = new Size2(rows.Step, columns.Step),
        Taps = new Size2(rows.Taps, columns.Taps),
    };

    /// <summary>Which of <paramref name="count"/> places <paramref name="step"/> apart, the first at <paramref name="start"/>, are in [0, size).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (int First, int End) Inside(int start, int step, int count, int size) => (Math.Min(count, Reach(-start, step)), Math.Min(count, Reach(size - start, step)));

    /// <summary>Gathers a panel of rows: to[k·width + i] for pixels <paramref name="first"/> + i; zeros from <paramref name="count"/> on.</summary>
    /// <param name="first">The first pixel, over all images.</param>
    /// <param name="count">Pixels.</param>
    /// <param name="k">The first column.</param>
    /// <param name="length">Columns.</param>
    /// <param name="to">The panel.</param>
    /// <param name="width">Its rows.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void PackRows(int first, int count, int k, int length, float* to, int width)
    {
        int* tops = stackalloc int[MostRows], lefts = stackalloc int[MostRows];
        float** corners = stackalloc float*[MostRows], from = stackalloc float*[MostRows];
        float* clipped = stackalloc float[MostRows * MostJoined];
        for (int i = count; i < width + GemmPacking.Overhang; i++) from[i] = Zeros;
        var pixel = new PixelWalk(Grid, first);
        int left = (pixel.Column * Stride.Width) + Origin.Width, right = left + ((count - 1) * Stride.Width) + ((Taps.Width - 1) * Step.Width);
        bool isInside = pixel.Column + count <= Grid.Width && left >= 0 && right < Size.Width;
        for (int i = 0; i < (isInside ? 1 : count); i++, pixel.Next())
        {
            tops[i] = (pixel.Row * Stride.Height) + Origin.Height;
            lefts[i] = (pixel.Column * Stride.Width) + Origin.Width;
            corners[i] = Source + (((((nint)pixel.Image * Size.Height) + tops[i]) * Size.Width) + lefts[i]) * Channels;
        }
        int joined = Joined, longest = joined * Taken, height = Size.Height, inside = Math.Max(0, Size.Width - joined + 1);
        nint step = (nint)Stride.Width * Channels;
        (int tap, int at) = Math.DivRem(k, longest);
        (int tapRow, int tapColumn) = Math.DivRem(tap * joined, Taps.Width);
        while (length > 0)
        {
            int run = Math.Min(longest - at, length), down = tapRow * Step.Height, across = tapColumn * Step.Width;
            nint offset = ((((nint)down * Size.Width) + across) * Channels) + at;
            if (isInside)
            {
                // Most panels: pixels of one row of the result, none near an edge of the image on the left or right.
                bool isBeside = (uint)(tops[0] + down) >= (uint)height;
                float* next = isBeside ? Zeros : corners[0] + offset;
                nint by = isBeside ? 0 : step;
                for (int i = 0; i < count; i++, next += by) from[i] = next;
            }
            else
            {
                for (int i = 0; i < count; i++)
                {
                    bool isBeside = (uint)(tops[i] + down) >= (uint)height;
                    from[i] = !isBeside & (uint)(lefts[i] + across) < (uint)inside ? corners[i] + offset : Zeros;
                    if (joined > 1 && from[i] == Zeros && !isBeside) Clip(corners[i] + offset, lefts[i], at, run, from[i] = clipped + (i * MostJoined));
                }
            }
            GemmPacking.Gathered(from, run, to, width);
            to += run * width;
            length -= run;
            at = 0;
            if ((tapColumn += joined) == Taps.Width) (tapColumn, tapRow) = (0, tapRow + 1);
        }
    }

    /// <summary>Gathers a panel of columns: to[p·width + i] for columns <paramref name="column"/> + i; from <paramref name="columns"/> on it is left as it is.</summary>
    /// <param name="first">The first pixel, over all images.</param>
    /// <param name="count">Pixels.</param>
    /// <param name="column">The first column.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="to">The panel.</param>
    /// <param name="width">Its columns.</param>
    public readonly void PackColumns(int first, int count, int column, int columns, float* to, int width)
    {
        int joined = Joined, longest = joined * Taken;
        (int tap, int at) = Math.DivRem(column, longest);
        while (columns > 0)
        {
            int run = Math.Min(longest - at, columns);
            (int tapRow, int tapColumn) = Math.DivRem(tap * joined, Taps.Width);
            PackRun(first, count, tapRow * Step.Height, tapColumn * Step.Width, at, run, to, width);
            to += run;
            columns -= run;
            at = 0;
            tap++;
        }
    }

    /// <summary>One tap (or several joined ones) of many pixels, a piece of a row of the result at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void PackRun(int first, int count, int down, int right, int at, int run, float* to, int width)
    {
        var pixel = new PixelWalk(Grid, first);
        (int image, int row, int column) = (pixel.Image, pixel.Row, pixel.Column);
        int stride = Stride.Width, inside = Size.Width - Joined + 1;
        nint step = (nint)stride * Channels;
        while (count > 0)
        {
            int piece = Math.Min(count, Grid.Width - column), y = (row * Stride.Height) + Origin.Height + down, x = (column * stride) + Origin.Width + right;
            if ((uint)y < (uint)Size.Height)
            {
                float* from = Source + ((((((nint)image * Size.Height) + y) * Size.Width) + x) * Channels) + at;
                int before = Math.Min(piece, Reach(-x, stride)), end = Math.Max(before, Math.Min(piece, Reach(inside - x, stride)));
                for (int i = 0; i < before; i++) Clip(from + (i * step), x + (i * stride), at, run, to + ((nint)i * width));
                ConvolutionCopies.Copy(from + (before * step), step, to + ((nint)before * width), end - before, run, width);
                for (int i = end; i < piece; i++) Clip(from + (i * step), x + (i * stride), at, run, to + ((nint)i * width));
            }
            else
            {
                ConvolutionCopies.Clear(to, piece, run, width);
            }
            to += piece * width;
            count -= piece;
            column = 0;
            if (++row == Grid.Height) (row, image) = (0, image + 1);
        }
    }

    /// <summary>Copies joined taps that hang over the image's left or right edge; zeros for what is outside.</summary>
    /// <param name="from">Where elements <paramref name="at"/> and on of the taps would be.</param>
    /// <param name="left">The column of the first tap.</param>
    /// <param name="at">The first element wanted of the taps.</param>
    /// <param name="run">How many.</param>
    /// <param name="to">Where to.</param>
    private readonly void Clip(float* from, int left, int at, int run, float* to)
    {
        int start = Math.Clamp((Math.Max(0, -left) * Taken) - at, 0, run), end = Math.Clamp((Math.Min(Joined, Size.Width - left) * Taken) - at, start, run);
        for (int i = 0; i < start; i++) to[i] = 0;
        for (int i = start; i < end; i++) to[i] = from[i];
        for (int i = end; i < run; i++) to[i] = 0;
    }

    /// <summary>Steps of <paramref name="stride"/> until <paramref name="distance"/> is reached.</summary>
    private static int Reach(int distance, int stride) => distance <= 0 ? 0 : stride == 1 ? distance : (distance + stride - 1) / stride;
}
