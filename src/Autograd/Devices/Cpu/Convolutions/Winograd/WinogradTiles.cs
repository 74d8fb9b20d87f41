using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Images cut into overlapping tiles of 6×6 pixels, one for each 4×4 pixels of a result; what hangs over an edge counts as zero. A tile is transformed, all of its channels, to 36 rows, one a point:
/// <c>to[point·stride + tile·channels + channel]</c>, with channels rounded up to whole vectors, of which the stride is a multiple.
/// </summary>
internal unsafe struct WinogradTiles
{
    /// <summary>The first channel of the first image.</summary>
    public float* Source;

    /// <summary>As many zeros as there are channels, and a vector more.</summary>
    public float* Zeros;

    /// <summary>Size of a source image.</summary>
    public Size2 Size;

    /// <summary>From one pixel to the next.</summary>
    public int Channels;

    /// <summary>Channels that are transformed.</summary>
    public int Taken;

    /// <summary>Size of a result's image.</summary>
    public Size2 Grid;

    /// <summary>The source pixel of the first tile's first pixel.</summary>
    public Size2 Origin;

    /// <summary>Tiles of an image, down.</summary>
    public readonly int Down => (Grid.Height + WinogradTransform.Outputs - 1) / WinogradTransform.Outputs;

    /// <summary>Tiles of an image, across.</summary>
    public readonly int Across => (Grid.Width + WinogradTransform.Outputs - 1) / WinogradTransform.Outputs;

    /// <summary>Channels rounded up to whole vectors.</summary>
    public static int Padded(int channels) => (channels + Lanes.Count - 1) / Lanes.Count * Lanes.Count;

    /// <summary>Transforms some tiles of <paramref name="side"/> source pixels each way: six of images, or four of an output gradient.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Transform(int first, int count, int side, float* to, nint stride)
    {
        float** pixels = stackalloc float*[WinogradTransform.Points];
        var tile = new PixelWalk(new Size2(Down, Across), first);
        int padded = Padded(Taken), across = Across;
        for (int i = 0; i < count; i++, tile.Next(), to += padded)
        {
            Locate(tile, side, pixels);
            if (tile.Column + 2 < across) Ask(side, pixels);
            int channel = 0;
            for (; channel <= Taken - Lanes.Count; channel += Lanes.Count)
            {
                if (side == WinogradTransform.Side) TransformSix(pixels, channel, Lanes.Count, to + channel, stride);
                else TransformFour(pixels, channel, Lanes.Count, to + channel, stride);
            }
            if (channel == Taken) continue;
            if (side == WinogradTransform.Side) TransformSix(pixels, channel, Taken - channel, to + channel, stride);
            else TransformFour(pixels, channel, Taken - channel, to + channel, stride);
        }
    }

    /// <summary>Where the pixels of a tile are; zeros for those outside the image.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Locate(in PixelWalk tile, int side, float** pixels)
    {
        int top = (tile.Row * WinogradTransform.Outputs) + Origin.Height, left = (tile.Column * WinogradTransform.Outputs) + Origin.Width;
        float* image = Source + ((nint)tile.Image * Size.Height * Size.Width * Channels);
        for (int row = top; row < top + side; row++)
        {
            float* line = image + ((((nint)row * Size.Width) + left) * Channels);
            if ((uint)row >= (uint)Size.Height)
            {
                for (int i = 0; i < side; i++) *pixels++ = Zeros;
            }
            else if (left >= 0 && left + side <= Size.Width)
            {
                for (int i = 0; i < side; i++, line += Channels) *pixels++ = line;
            }
            else
            {
                for (int column = left; column < left + side; column++, line += Channels) *pixels++ = (uint)column < (uint)Size.Width ? line : Zeros;
            }
        }
    }

    /// <summary>Asks for what is new in the tile after the next, so that it comes from memory meanwhile: a row of tiles is too short for the hardware to foresee its six lines.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Ask(int side, float** pixels)
    {
        const int Line = 16;
        if (!Sse.IsSupported) return;
        int ahead = 2 * WinogradTransform.Outputs * Channels;
        for (int pixel = 0; pixel < side * side; pixel += side)
        {
            for (int column = side - WinogradTransform.Outputs; column < side; column++)
            {
                for (int channel = 0; channel < Taken; channel += Line) Sse.Prefetch0(pixels[pixel + column] + ahead + channel);
            }
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransformSix(float** pixels, int channel, int lanes, float* to, nint stride)
    {
        Vector<float>* columns = stackalloc Vector<float>[WinogradTransform.Points];
        for (int i = 0; i < WinogradTransform.Side; i++)
        {
            float** p = pixels + i;
            WinogradTransform.Input(
                Load(p[0], channel, lanes), Load(p[6], channel, lanes), Load(p[12], channel, lanes), Load(p[18], channel, lanes), Load(p[24], channel, lanes), Load(p[30], channel, lanes), columns + i, WinogradTransform.Side);
        }
        for (int i = 0; i < WinogradTransform.Side; i++, columns += WinogradTransform.Side)
        {
            WinogradTransform.Input(columns[0], columns[1], columns[2], columns[3], columns[4], columns[5], (Vector<float>*)to, stride / Lanes.Count);
            to += WinogradTransform.Side * stride;
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransformFour(float** pixels, int channel, int lanes, float* to, nint stride)
    {
        Vector<float>* columns = stackalloc Vector<float>[WinogradTransform.Side * WinogradTransform.Outputs];
        for (int i = 0; i < WinogradTransform.Outputs; i++)
        {
            float** p = pixels + i;
            WinogradTransform.Gradient(Load(p[0], channel, lanes), Load(p[4], channel, lanes), Load(p[8], channel, lanes), Load(p[12], channel, lanes), columns + i, WinogradTransform.Outputs);
        }
        for (int i = 0; i < WinogradTransform.Side; i++, columns += WinogradTransform.Outputs)
        {
            WinogradTransform.Gradient(columns[0], columns[1], columns[2], columns[3], (Vector<float>*)to, stride / Lanes.Count);
            to += WinogradTransform.Side * stride;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Load(float* pixel, int channel, int lanes) => lanes == Lanes.Count ? Lanes.Load(pixel + channel) : Lanes.Load(pixel + channel, lanes);
}
