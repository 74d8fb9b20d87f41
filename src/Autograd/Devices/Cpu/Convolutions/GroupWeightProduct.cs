using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// The weights' gradient where groups are narrow, channels being the vectors' lanes: see <see cref="GroupProduct{TWidth}"/>. Rows of the result are cut into chunks, whose number
/// follows from the shape alone, each with sums of its own; these are then added in order.
/// </summary>
internal unsafe struct GroupWeightProduct<TWidth> : IParallelWork
    where TWidth : struct, IGroupWidth
{
    private const int MaxPartial = 1 << 20;
    private const int MaxChunks = 16;

    public PixelWindow Window;

    /// <summary>The output gradient.</summary>
    public float* Gradient;

    /// <summary>Rows of the output, of all images.</summary>
    public int Rows;

    /// <summary>Sums of the chunks, one behind the other: for each tap and each channel of a group, one element a channel of the result.</summary>
    public float* Partial;

    private readonly int Taps => Window.Taps.Height * Window.Taps.Width;

    private readonly int Count => Taps * TWidth.Channels * Window.Channels;

    /// <summary>Chunks.</summary>
    public readonly int Chunks => Math.Clamp(Math.Min(MaxPartial / Count, Rows), 1, MaxChunks);

    /// <summary>Elements of all chunks' sums.</summary>
    public readonly long PartialCount => (long)Chunks * Count;

    /// <summary>Sums up one chunk.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int part, int worker)
    {
        float* sums = Partial + ((nint)part * Count);
        new Span<float>(sums, Count).Clear();
        int end = (int)((long)(part + 1) * Rows / Chunks), channels = Window.Channels;
        for (int index = (int)((long)part * Rows / Chunks); index < end; index++)
        {
            (int image, int row) = Math.DivRem(index, Window.Grid.Height);
            int top = (row * Window.Stride.Height) + Window.Origin.Height;
            (int firstRow, int endRow) = PixelWindow.Inside(top, Window.Step.Height, Window.Taps.Height, Window.Size.Height);
            float* gradient = Gradient + ((nint)index * Window.Grid.Width * channels);
            for (int tapRow = firstRow; tapRow < endRow; tapRow++)
            {
                float* line = Window.Source + (((((nint)image * Window.Size.Height) + top + (tapRow * Window.Step.Height)) * Window.Size.Width) * channels);
                for (int tap = 0; tap < Window.Taps.Width; tap++)
                {
                    int left = Window.Origin.Width + (tap * Window.Step.Width);
                    (int first, int last) = PixelWindow.Inside(left, Window.Stride.Width, Window.Grid.Width, Window.Size.Width);
                    nint x = left + (first * Window.Stride.Width);
                    if (first >= last) continue;
                    for (int i = 0; i < TWidth.Channels; i++)
                    {
                        Row(
                            GroupLanes<TWidth>.Index(i), line + (x * channels), gradient + ((nint)first * channels), last - first,
                            sums + ((((((nint)tapRow * Window.Taps.Width) + tap) * TWidth.Channels) + i) * channels));
                    }
                }
            }
        }
    }

    /// <summary>The gradient's old content, if it counts, and the chunks' sums in order.</summary>
    public readonly void Add(float* to, float beta)
    {
        for (int channel = 0; channel < Window.Channels; channel++)
        {
            for (int element = 0; element < Taps * TWidth.Channels; element++, to++)
            {
                float* from = Partial + ((nint)element * Window.Channels) + channel;
                float sum = *from;
                for (int chunk = 1; chunk < Chunks; chunk++) sum += *(from += Count);
                *to = beta == 0 ? sum : sum + (*to * beta);
            }
        }
    }

    /// <summary>One tap of one row, for one channel of each group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Row(Vector<int> index, float* from, float* gradient, int pixels, float* sums)
    {
        int channels = Window.Channels, width = Lanes.Count, channel = 0;
        nint step = (nint)Window.Stride.Width * channels;
        for (; channel <= channels - (4 * width); channel += 4 * width)
        {
            Vector<float> s0 = default, s1 = default, s2 = default, s3 = default;
            float* x = from + channel, dy = gradient + channel;
            for (int i = 0; i < pixels; i++, x += step, dy += channels)
            {
                s0 = Vector.MultiplyAddEstimate(GroupLanes<TWidth>.Of(Lanes.Load(x), index), Lanes.Load(dy), s0);
                s1 = Vector.MultiplyAddEstimate(GroupLanes<TWidth>.Of(Lanes.Load(x + width), index), Lanes.Load(dy + width), s1);
                s2 = Vector.MultiplyAddEstimate(GroupLanes<TWidth>.Of(Lanes.Load(x + (2 * width)), index), Lanes.Load(dy + (2 * width)), s2);
                s3 = Vector.MultiplyAddEstimate(GroupLanes<TWidth>.Of(Lanes.Load(x + (3 * width)), index), Lanes.Load(dy + (3 * width)), s3);
            }
            Lanes.Accumulate(s0, sums + channel, 1);
            Lanes.Accumulate(s1, sums + channel + width, 1);
            Lanes.Accumulate(s2, sums + channel + (2 * width), 1);
            Lanes.Accumulate(s3, sums + channel + (3 * width), 1);
        }
        for (; channel < channels; channel += width)
        {
            int count = Math.Min(width, channels - channel);
            Vector<float> sum = default;
            float* x = from + channel, dy = gradient + channel;
            for (int i = 0; i < pixels; i++, x += step, dy += channels) sum = Vector.MultiplyAddEstimate(GroupLanes<TWidth>.Of(Lanes.Load(x, count), index), Lanes.Load(dy, count), sum);
            Lanes.Accumulate(sum, sums + channel, count, 1);
        }
    }
}
