using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = eˣ, dy/dx = y.</summary>
public readonly struct ExpOp<T, TMath> : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => TMath.Exp(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => y;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => TMath.Exp(x);

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => y;
}

internal static partial class MapKernels
{
    public static readonly MapKernel Exp = MapKernel.Of(
        "exp", MapUse.Output, new ExpOp<double, DoubleMath>(), new ExpOp<float, CpuMath>(), new ExpOp<float, GpuMath>());
}

public sealed partial class Tensor
{
    private static readonly MapFunction ExpFunction = new(MapKernels.Exp);

    /// <summary>y = eˣ, dy/dx = y. Element by element.</summary>
    public Tensor Exp() => ExpFunction.Apply([this]);
}
