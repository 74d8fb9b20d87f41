using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = √x, dy/dx = 1 / (2·y).</summary>
public readonly struct SqrtOp<T, TMath> : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => TMath.Sqrt(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => T.One / (y + y);

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => Vector.SquareRoot(x);

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => Vector<T>.One / (y + y);
}

internal static partial class MapKernels
{
    public static readonly MapKernel Sqrt = MapKernel.Of(
        "sqrt", MapUse.Output, new SqrtOp<double, DoubleMath>(), new SqrtOp<float, CpuMath>(), new SqrtOp<float, GpuMath>());
}

public sealed partial class Tensor
{
    private static readonly MapFunction SqrtFunction = new(MapKernels.Sqrt);

    /// <summary>y = √x, dy/dx = 1 / (2·y). Element by element.</summary>
    public Tensor Sqrt() => SqrtFunction.Apply([this]);
}
