using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Pixels ← windows times weights where each channel has a kernel of its own: a product with one column would leave most of a micro-kernel idle, so channels
/// are the vectors' lanes instead. A forward convolution, or one phase of an input gradient; rows of the result are shared out.
/// </summary>
internal unsafe struct DepthwiseProduct : IRangeWork
{
    public PixelWindow Window;

    /// <summary>One weight a channel for each tap of the window.</summary>
    public float* Weights;

    public PixelResult Result;
    public float Beta;
    public Activation Activation;

    /// <summary>One element a channel, or null.</summary>
    public float* Bias;

    public readonly void Run(int start, int end)
    {
        nint step = (nint)Result.Spread.Width * Result.Channels;
        for (int index = start; index < end; index++)
        {
            (int image, int row) = Math.DivRem(index, Window.Grid.Height);
            float* to = Result.At(image, row, 0);
            Row(image, row, to, step);
            GemmActivation.Apply(Activation, to, step, Window.Grid.Width, Result.Channels);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Row(int image, int row, float* to, nint step)
    {
        int channels = Result.Channels, width = Lanes.Count, top = (row * Window.Stride.Height) + Window.Origin.Height;
        (int firstRow, int endRow) = PixelWindow.Inside(top, Window.Step.Height, Window.Taps.Height, Window.Size.Height);
        nint down = (nint)Window.Step.Height * Window.Size.Width * channels, right = (nint)Window.Step.Width * channels;
        for (int column = 0; column < Window.Grid.Width; column++, to += step)
        {
            int left = (column * Window.Stride.Width) + Window.Origin.Width;
            (int first, int end) = PixelWindow.Inside(left, Window.Step.Width, Window.Taps.Width, Window.Size.Width);
            float* corner = Window.Source + (((((nint)image * Window.Size.Height) + top) * Window.Size.Width) + left) * channels;
            int channel = 0;
            for (; channel <= channels - (4 * width); channel += 4 * width)
            {
                Vector<float> s0 = default, s1 = default, s2 = default, s3 = default;
                if (Bias != null)
                {
                    float* bias = Bias + channel;
                    (s0, s1, s2, s3) = (Lanes.Load(bias), Lanes.Load(bias + width), Lanes.Load(bias + (2 * width)), Lanes.Load(bias + (3 * width)));
                }
                for (int tapRow = firstRow; tapRow < endRow; tapRow++)
                {
                    float* from = corner + (tapRow * down) + (first * right) + channel, weight = Weights + ((((nint)tapRow * Window.Taps.Width) + first) * channels) + channel;
                    for (int tap = first; tap < end; tap++, from += right, weight += channels)
                    {
                        s0 += Lanes.Load(from) * Lanes.Load(weight);
                        s1 += Lanes.Load(from + width) * Lanes.Load(weight + width);
                        s2 += Lanes.Load(from + (2 * width)) * Lanes.Load(weight + (2 * width));
                        s3 += Lanes.Load(from + (3 * width)) * Lanes.Load(weight + (3 * width));
                    }
                }
                Lanes.Accumulate(s0, to + channel, Beta);
                Lanes.Accumulate(s1, to + channel + width, Beta);
                Lanes.Accumulate(s2, to + channel + (2 * width), Beta);
                Lanes.Accumulate(s3, to + channel + (3 * width), Beta);
            }
            for (; channel < channels; channel += width)
            {
                int count = Math.Min(width, channels - channel);
                Vector<float> sum = Bias != null ? Lanes.Load(Bias + channel, count) : default;
                for (int tapRow = firstRow; tapRow < endRow; tapRow++)
                {
                    float* from = corner + (tapRow * down) + (first * right) + channel, weight = Weights + ((((nint)tapRow * Window.Taps.Width) + first) * channels) + channel;
                    for (int tap = first; tap < end; tap++, from += right, weight += channels) sum += Lanes.Load(from, count) * Lanes.Load(weight, count);
                }
                Lanes.Accumulate(sum, to + channel, count, Beta);
            }
        }
    }
}
