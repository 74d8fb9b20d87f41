using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Pixels ← windows times weights where groups are narrow, one channel (depthwise) to four: a product with so few columns would leave most of a micro-kernel idle, so channels
/// are the vectors' lanes instead. A forward convolution, or one phase of an input gradient; rows of the result are shared out.
/// </summary>
internal unsafe struct GroupProduct<TWidth> : IRangeWork
    where TWidth : struct, IGroupWidth
{
    public PixelWindow Window;

    /// <summary>For each tap of the window and each channel of a group, one weight a channel of the result.</summary>
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
        nint down = (nint)Window.Step.Height * Window.Size.Width * channels, right = (nint)Window.Step.Width * channels, each = (nint)TWidth.Channels * channels;
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
                    float* from = corner + (tapRow * down) + (first * right) + channel, weight = Weights + ((((nint)tapRow * Window.Taps.Width) + first) * each) + channel;
                    for (int tap = first; tap < end; tap++, from += right)
                    {
                        Vector<float> x0 = Lanes.Load(from), x1 = Lanes.Load(from + width), x2 = Lanes.Load(from + (2 * width)), x3 = Lanes.Load(from + (3 * width));
                        for (int i = 0; i < TWidth.Channels; i++, weight += channels)
                        {
                            Vector<int> index = GroupLanes<TWidth>.Index(i);
                            s0 = Vector.MultiplyAddEstimate(GroupLanes<TWidth>.Of(x0, index), Lanes.Load(weight), s0);
                            s1 = Vector.MultiplyAddEstimate(GroupLanes<TWidth>.Of(x1, index), Lanes.Load(weight + width), s1);
                            s2 = Vector.MultiplyAddEstimate(GroupLanes<TWidth>.Of(x2, index), Lanes.Load(weight + (2 * width)), s2);
                            s3 = Vector.MultiplyAddEstimate(GroupLanes<TWidth>.Of(x3, index), Lanes.Load(weight + (3 * width)), s3);
                        }
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
                    float* from = corner + (tapRow * down) + (first * right) + channel, weight = Weights + ((((nint)tapRow * Window.Taps.Width) + first) * each) + channel;
                    for (int tap = first; tap < end; tap++, from += right)
                    {
                        Vector<float> x = Lanes.Load(from, count);
                        for (int i = 0; i < TWidth.Channels; i++, weight += channels) sum = Vector.MultiplyAddEstimate(GroupLanes<TWidth>.Of(x, GroupLanes<TWidth>.Index(i)), Lanes.Load(weight, count), sum);
                    }
                }
                Lanes.Accumulate(sum, to + channel, count, Beta);
            }
        }
    }
}
