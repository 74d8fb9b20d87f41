using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>The images that a Winograd convolution makes: 36 products of each tile become 4×4 pixels, those beyond an edge dropped.</summary>
internal unsafe struct WinogradResult
{
    /// <summary>The first channel of the first image.</summary>
    public float* First;

    /// <summary>Size of an image.</summary>
    public Size2 Size;

    public int Channels;

    /// <summary>One element a channel, or null.</summary>
    public float* Bias;

    public float Beta;
    public Activation Activation;

    /// <summary>Stores some tiles.</summary>
    /// <param name="grid">Tiles of an image.</param>
    /// <param name="first">The first tile.</param>
    /// <param name="count">How many.</param>
    /// <param name="from">from[point·stride + tile·width + channel].</param>
    /// <param name="stride">From one point to the next.</param>
    /// <param name="width">From one tile to the next.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Store(Size2 grid, int first, int count, float* from, nint stride, int width)
    {
        Vector<float>* pixels = stackalloc Vector<float>[WinogradTransform.Outputs * WinogradTransform.Outputs];
        var tile = new PixelWalk(grid, first);
        for (int i = 0; i < count; i++, tile.Next(), from += width)
        {
            int top = tile.Row * WinogradTransform.Outputs, left = tile.Column * WinogradTransform.Outputs;
            int rows = Math.Min(WinogradTransform.Outputs, Size.Height - top), columns = Math.Min(WinogradTransform.Outputs, Size.Width - left);
            float* to = First + (((((nint)tile.Image * Size.Height) + top) * Size.Width) + left) * Channels;
            nint down = (nint)Size.Width * Channels;
            bool isPlain = rows == WinogradTransform.Outputs && columns == rows && Beta == 0 && Bias == null && Channels % Lanes.Count == 0;
            for (int channel = 0; channel < Channels; channel += Lanes.Count)
            {
                if (isPlain)
                {
                    Pixels(from + channel, stride, to + channel, down, Channels);
                    continue;
                }
                Pixels(from + channel, stride, (float*)pixels, WinogradTransform.Outputs * Lanes.Count, Lanes.Count);
                int lanes = Math.Min(Lanes.Count, Channels - channel);
                Vector<float> bias = Bias == null ? default : Lanes.Load(Bias + channel, lanes);
                for (int row = 0; row < rows; row++)
                {
                    float* line = to + (row * down) + channel;
                    for (int column = 0; column < columns; column++, line += Channels) Lanes.Accumulate(pixels[(row * WinogradTransform.Outputs) + column] + bias, line, lanes, Beta);
                }
            }

            // The pixels are still in the first-level cache.
            for (int row = 0; Activation != Activation.None && row < rows; row++) GemmActivation.Apply(Activation, to + (row * down), Channels, columns, Channels);
        }
    }

    /// <summary>The 4×4 pixels of a tile and a vector of channels: to[row·down + column·right].</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pixels(float* from, nint stride, float* to, nint down, nint right)
    {
        const int Side = WinogradTransform.Side;
        Vector<float>* columns = stackalloc Vector<float>[Side * WinogradTransform.Outputs];
        nint row = Side * stride;
        for (int i = 0; i < Side; i++, from += stride)
        {
            WinogradTransform.Output(
                Lanes.Load(from), Lanes.Load(from + row), Lanes.Load(from + (2 * row)), Lanes.Load(from + (3 * row)), Lanes.Load(from + (4 * row)), Lanes.Load(from + (5 * row)), columns + i, Side);
        }
        for (int i = 0; i < WinogradTransform.Outputs; i++, columns += Side, to += down)
            WinogradTransform.Output(columns[0], columns[1], columns[2], columns[3], columns[4], columns[5], (Vector<float>*)to, right / Lanes.Count);
    }
}
