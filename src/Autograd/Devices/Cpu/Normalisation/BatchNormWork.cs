using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>activation((x − center)·scale + shift + residual), coefficients a channel.</summary>
internal unsafe struct BatchNormWork<TOp> : IRangeWork
    where TOp : unmanaged, IMapOp<float>
{
    public ChannelBlocks Blocks;
    public float* X;
    public float* Residual;
    public float* Y;
    public float* Center;
    public float* Scale;
    public float* Shift;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int start, int end)
    {
        TOp activation = default;
        int width = Lanes.Count;
        float* center = Center, scale = Scale, shift = Shift;
        for (int block = start; block < end; block++)
        {
            nint at = (nint)block * Blocks.Length;
            float* x = X + at, y = Y + at, residual = Residual == null ? null : Residual + at;
            int length = Blocks.LengthOf(block), i = 0;
            if (residual == null)
            {
                for (; i <= length - width; i += width)
                    activation.Apply(((Lanes.Load(x + i) - Lanes.Load(center + i)) * Lanes.Load(scale + i)) + Lanes.Load(shift + i)).Store(y + i);
            }
            else
            {
                for (; i <= length - width; i += width)
                    activation.Apply(((Lanes.Load(x + i) - Lanes.Load(center + i)) * Lanes.Load(scale + i)) + Lanes.Load(shift + i) + Lanes.Load(residual + i)).Store(y + i);
            }
            if (i == length) continue;
            int rest = length - i;
            Vector<float> last = ((Lanes.Load(x + i, rest) - Lanes.Load(center + i, rest)) * Lanes.Load(scale + i, rest)) + Lanes.Load(shift + i, rest);
            if (residual != null) last += Lanes.Load(residual + i, rest);
            Lanes.Store(activation.Apply(last), y + i, rest);
        }
    }
}
