using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// The window of source pixels under each pixel of a result, as one operand of a matrix product: a row a pixel, a column a tap and channel. The matrix never exists. For a row of the result, or a run of a long row, the source rows under it are
/// interleaved into one line, column by column, zeros where they hang over the edge: the window of a pixel is then one piece of the line, and that of the next a step further, so that a micro-kernel reads them where they
/// are. A copy is made of each source row for each of the kernel's rows, not for each of its taps.
/// </summary>
internal unsafe struct PixelWindow
{
    // Pixels of a line at most: longer rows of a result are cut into runs.
    private const int MaxRun = 256;

    // Products of a sum at a time: a panel of weights of 16 columns is then 16 KiB, half of the first-level cache.
    private const int MaxK = 256;

    /// <summary>The first channel read of the first image.</summary>
    public float* Source;

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

    /// <summary>The length of a row.</summary>
    public readonly int K => Depth * Taps.Width;

    /// <summary>Elements of a line's column: the kernel's rows, and of each the channels.</summary>
    public readonly int Depth => Taps.Height * Taken;

    /// <summary>Elements of a column at a time, in even slices so that none is much shorter than the others; whole channels of whole vectors where there are many.</summary>
    public readonly int Slice
    {
        get
        {
            int most = Math.Max(1, MaxK / Taps.Width), slices = (Depth + most - 1) / most, slice = (Depth + slices - 1) / slices;
            return slices == 1 ? Depth : Math.Min(Depth, (slice + 7) & ~7);
        }
    }

    /// <summary>Runs of a row of the result.</summary>
    public readonly int Runs => (Grid.Width + MaxRun - 1) / MaxRun;

    /// <summary>Pixels of a run; the last of a row may have fewer.</summary>
    public readonly int RunPixels => (Grid.Width + Runs - 1) / Runs;

    /// <summary>Columns of a line. Of a kernel one column wide, those between two windows are left out.</summary>
    public readonly int Columns => ((RunPixels - 1) * PixelStep) + ((Taps.Width - 1) * Step.Width) + 1;

    /// <summary>From one window to the next, in columns of a line.</summary>
    public readonly int PixelStep => Taps.Width == 1 ? 1 : Stride.Width;

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

    /// <summary>Pixels of one run.</summary>
    public readonly int PixelsOf(int index) => Math.Min(RunPixels, Grid.Width - (index % Runs * RunPixels));

    /// <summary>Fills a line: to[column·count + i] is element <paramref name="slice"/> + i of a column.</summary>
    /// <param name="index">The run, over all rows of all images.</param>
    /// <param name="slice">The first element of each column.</param>
    /// <param name="count">Elements of each column.</param>
    /// <param name="to">The line.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Fill(int index, int slice, int count, float* to)
    {
        (int line, int run) = Math.DivRem(index, Runs);
        (int image, int row) = Math.DivRem(line, Grid.Height);
        int columns = Columns, step = Taps.Width == 1 ? Stride.Width : 1, left = Origin.Width + (run * RunPixels * Stride.Width);
        (int first, int end) = Inside(left, step, columns, Size.Width);
        float* source = Source + ((nint)image * Size.Height * Size.Width * Channels);
        for (int at = slice; at < slice + count;)
        {
            (int tap, int channel) = Math.DivRem(at, Taken);
            int length = Math.Min(Taken - channel, slice + count - at), y = (row * Stride.Height) + Origin.Height + (tap * Step.Height);
            if ((uint)y < (uint)Size.Height)
            {
                float* from = source + (((((nint)y * Size.Width) + left + ((nint)first * step)) * Channels) + channel);
                ConvolutionCopies.Clear(to, first, length, count);
                ConvolutionCopies.Copy(from, (nint)step * Channels, to + ((nint)first * count), end - first, length, count);
                ConvolutionCopies.Clear(to + ((nint)end * count), columns - end, length, count);
            }
            else
            {
                ConvolutionCopies.Clear(to, columns, length, count);
            }
            to += length;
            at += length;
        }
    }

    /// <summary>Steps of <paramref name="stride"/> until <paramref name="distance"/> is reached.</summary>
    private static int Reach(int distance, int stride) => distance <= 0 ? 0 : stride == 1 ? distance : (distance + stride - 1) / stride;
}
