using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>scale·x.</summary>
internal unsafe struct ChannelScaleWork : IRangeWork
{
    public ChannelBlocks Blocks;
    public float* X;
    public float* Y;
    public float* Scale;
    public float Beta;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int start, int end)
    {
        int width = Lanes.Count;
        for (int block = start; block < end; block++)
        {
            float* x = X + ((nint)block * Blocks.Length), y = Y + ((nint)block * Blocks.Length);
            int length = Blocks.LengthOf(block), i = 0;
            for (; i <= length - width; i += width) Lanes.Accumulate(Lanes.Load(x + i) * Lanes.Load(Scale + i), y + i, Beta);
            if (i < length) Lanes.Accumulate(Lanes.Load(x + i, length - i) * Lanes.Load(Scale + i, length - i), y + i, length - i, Beta);
        }
    }
}
