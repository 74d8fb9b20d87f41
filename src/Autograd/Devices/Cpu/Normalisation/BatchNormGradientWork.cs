using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>scale·dz − shift − (x − center)·slope.</summary>
internal unsafe struct BatchNormGradientWork : IRangeWork
{
    public ChannelBlocks Blocks;
    public float* X;
    public float* OutputGradient;
    public float* InputGradient;
    public float* Center;
    public float* Scale;
    public float* Shift;
    public float* Slope;
    public float Beta;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int start, int end)
    {
        int width = Lanes.Count;
        float* center = Center, scale = Scale, shift = Shift, slope = Slope;
        for (int block = start; block < end; block++)
        {
            nint at = (nint)block * Blocks.Length;
            float* x = X + at, dz = OutputGradient + at, dx = InputGradient + at;
            int length = Blocks.LengthOf(block), i = 0;
            for (; i <= length - width; i += width)
            {
                Vector<float> distance = (Lanes.Load(x + i) - Lanes.Load(center + i)) * Lanes.Load(slope + i);
                Lanes.Accumulate((Lanes.Load(scale + i) * Lanes.Load(dz + i)) - Lanes.Load(shift + i) - distance, dx + i, Beta);
            }
            if (i == length) continue;
            int rest = length - i;
            Vector<float> last = (Lanes.Load(x + i, rest) - Lanes.Load(center + i, rest)) * Lanes.Load(slope + i, rest);
            Lanes.Accumulate((Lanes.Load(scale + i, rest) * Lanes.Load(dz + i, rest)) - Lanes.Load(shift + i, rest) - last, dx + i, rest, Beta);
        }
    }
}
