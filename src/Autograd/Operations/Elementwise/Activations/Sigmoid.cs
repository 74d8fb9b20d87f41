using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = 1 / (1 + e⁻ˣ), dy/dx = y·(1 − y).</summary>
public readonly struct SigmoidOp<T, TMath> : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => T.One / (T.One + TMath.Exp(-x));

    /// <inheritdoc/>
    public T Derivative(T x, T y) => y * (T.One - y);

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => Vector<T>.One / (Vector<T>.One + TMath.Exp(-x));

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => y * (Vector<T>.One - y);
}

internal static partial class MapKernels
{
    public static readonly MapKernel Sigmoid = MapKernel.Of(
        "sigmoid", MapUse.Output, new SigmoidOp<double, DoubleMath>(), new SigmoidOp<float, CpuMath>(), new SigmoidOp<float, GpuMath>());
}

public sealed partial class Tensor
{
    private static readonly MapFunction SigmoidFunction = new(MapKernels.Sigmoid);

    /// <summary>y = 1 / (1 + e⁻ˣ), dy/dx = y·(1 − y). Element by element.</summary>
    public Tensor Sigmoid() => SigmoidFunction.Apply([this]);
}
