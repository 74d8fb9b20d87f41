using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>Each chunk of rows' part of γ's gradient: Σ dy·x̂, in float lanes over the chunk.</summary>
internal unsafe struct LayerNormScaleWork : IRangeWork
{
    public GroupNormShape Shape;
    public ChannelBlocks Blocks;
    public float* X;
    public float* State;
    public float* OutputGradient;
    public double* Sums;
    public float* Partial;

    public readonly void Run(int start, int end)
    {
        int channels = Shape.Channels, length = Shape.GroupChannels, groups = Shape.Groups, all = Shape.Batch * groups;
        float* lanes = Partial + ((long)start * channels);
        for (int chunk = start; chunk < end; chunk++)
        {
            new Span<float>(lanes, channels).Clear();
            int first = chunk * Blocks.ChunkRows * groups, last = first + (Blocks.RowsOf(chunk) * groups);
            for (int item = first; item < last; item++)
                AddRow(X + ((nint)item * length), OutputGradient + ((nint)item * length), State[item], State[all + item], lanes + (item % groups * length), length);
            double* sums = Sums + ((long)chunk * channels);
            for (int c = 0; c < channels; c++) sums[c] = lanes[c];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRow(float* x, float* dy, float center, float reciprocal, float* lanes, int length)
    {
        int i = 0, width = Lanes.Count;
        Vector<float> middle = new(center), factor = new(reciprocal);
        for (; i <= length - width; i += width) (Lanes.Load(lanes + i) + (Lanes.Load(dy + i) * ((Lanes.Load(x + i) - middle) * factor))).Store(lanes + i);
        if (i == length) return;
        int rest = length - i;
        Vector<float> last = Lanes.Load(dy + i, rest) * ((Lanes.Load(x + i, rest) - middle) * factor);
        Lanes.Accumulate(last, lanes + i, rest, 1);
    }
}
