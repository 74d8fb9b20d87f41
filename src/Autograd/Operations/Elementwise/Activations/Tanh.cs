using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = tanh x, dy/dx = 1 − y².</summary>
public readonly struct TanhOp<T, TMath> : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => TMath.Tanh(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => T.One - (y * y);

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => TMath.Tanh(x);

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => Vector<T>.One - (y * y);
}

internal static partial class MapKernels
{
    public static readonly MapKernel Tanh = MapKernel.Of(
        "tanh", MapUse.Output, new TanhOp<double, DoubleMath>(), new TanhOp<float, CpuMath>(), new TanhOp<float, GpuMath>());
}

public sealed partial class Tensor
{
    private static readonly MapFunction TanhFunction = new(MapKernels.Tanh);

    /// <summary>y = tanh x, dy/dx = 1 − y². Element by element.</summary>
    public Tensor Tanh() => TanhFunction.Apply([this]);
}
