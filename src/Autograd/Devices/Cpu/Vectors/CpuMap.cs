using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>An element-wise function of one operand on the CPU: one virtual call for a run of elements, with the formula inlined into the loop.</summary>
internal abstract unsafe class CpuMap
{
    /// <summary>y ← f(x) + beta·y.</summary>
    public abstract void Apply(float* x, float* y, int length, float beta);

    /// <summary>dx ← dy·f'(x, y) + beta·dx.</summary>
    public abstract void Backward(float* x, float* y, float* dy, float* dx, int length, float beta);
}

/// <inheritdoc/>
internal sealed unsafe class CpuMap<TOp>(TOp op) : CpuMap
    where TOp : unmanaged, IMapOp<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Apply(float* x, float* y, int length, float beta)
    {
        TOp f = op;
        int i = 0, width = Lanes.Count;
        for (; i <= length - width; i += width) Lanes.Accumulate(f.Apply(Lanes.Load(x + i)), y + i, beta);
        if (i < length) Lanes.Accumulate(f.Apply(Lanes.Load(x + i, length - i)), y + i, length - i, beta);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Backward(float* x, float* y, float* dy, float* dx, int length, float beta)
    {
        TOp f = op;
        int i = 0, width = Lanes.Count;
        for (; i <= length - width; i += width)
            Lanes.Accumulate(Lanes.Load(dy + i) * f.Derivative(Lanes.Load(x + i), Lanes.Load(y + i)), dx + i, beta);
        if (i == length) return;
        int rest = length - i;
        Vector<float> slope = f.Derivative(Lanes.Load(x + i, rest), Lanes.Load(y + i, rest));
        Lanes.Accumulate(Lanes.Load(dy + i, rest) * slope, dx + i, rest, beta);
    }
}
