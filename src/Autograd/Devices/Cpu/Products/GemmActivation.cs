using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>Applies an activation to a finished tile while it is in the first-level cache, by the formulas of the element-wise operations.</summary>
internal static unsafe class GemmActivation
{
    public static void Apply(Activation activation, float* c, nint stride, int rows, int columns)
    {
        switch (activation)
        {
            case Activation.None:
                break;
            case Activation.Relu:
                Apply<ReluOp<float>>(c, stride, rows, columns);
                break;
            case Activation.Tanh:
                Apply<TanhOp<float, CpuMath>>(c, stride, rows, columns);
                break;
            case Activation.Sigmoid:
                Apply<SigmoidOp<float, CpuMath>>(c, stride, rows, columns);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(activation), $"Gemm: unknown activation {activation}.");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Apply<TOp>(float* c, nint stride, int rows, int columns)
        where TOp : unmanaged, IMapOp<float>
    {
        TOp op = default;
        int width = Lanes.Count;
        for (int row = 0; row < rows; row++, c += stride)
        {
            int i = 0;
            for (; i <= columns - width; i += width) op.Apply(Lanes.Load(c + i)).Store(c + i);
            if (i < columns) Lanes.Store(op.Apply(Lanes.Load(c + i, columns - i)), c + i, columns - i);
        }
    }
}
