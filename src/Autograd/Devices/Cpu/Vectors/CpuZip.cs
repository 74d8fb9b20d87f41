using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>An element-wise function of two operands on the CPU.</summary>
internal abstract unsafe class CpuZip
{
    /// <summary>y ← f(a, b) + beta·y along one axis; a stride is 1, or 0 where the operand repeats one element.</summary>
    public abstract void Apply(float* a, int strideA, float* b, int strideB, float* y, int length, float beta);
}

/// <inheritdoc/>
internal sealed unsafe class CpuZip<TOp>(TOp op) : CpuZip
    where TOp : unmanaged, IZipOp<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Apply(float* a, int strideA, float* b, int strideB, float* y, int length, float beta)
    {
        TOp f = op;
        int i = 0, width = Lanes.Count, whole = length - (length % width), rest = length - whole;
        if (strideA != 0 && strideB != 0)
        {
            for (; i < whole; i += width) Lanes.Accumulate(f.Apply(Lanes.Load(a + i), Lanes.Load(b + i)), y + i, beta);
        }
        else if (strideA != 0)
        {
            var right = new Vector<float>(*b);
            for (; i < whole; i += width) Lanes.Accumulate(f.Apply(Lanes.Load(a + i), right), y + i, beta);
        }
        else
        {
            var left = new Vector<float>(*a);
            for (; i < whole; i += width) Lanes.Accumulate(f.Apply(left, strideB != 0 ? Lanes.Load(b + i) : new Vector<float>(*b)), y + i, beta);
        }
        if (rest == 0) return;
        Vector<float> lastA = strideA != 0 ? Lanes.Load(a + i, rest) : new Vector<float>(*a);
        Vector<float> lastB = strideB != 0 ? Lanes.Load(b + i, rest) : new Vector<float>(*b);
        Lanes.Accumulate(f.Apply(lastA, lastB), y + i, rest, beta);
    }
}
