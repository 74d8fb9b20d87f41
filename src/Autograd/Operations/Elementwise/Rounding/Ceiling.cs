using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>The least whole number that is at least x. No gradient passes.</summary>
public readonly struct CeilingOp<T, TMath> : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => -TMath.Floor(-x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => T.Zero;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => -TMath.Floor(-x);

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => Vector<T>.Zero;
}

internal static partial class MapKernels
{
    public static readonly MapKernel Ceiling = MapKernel.Of("ceiling", MapUse.None, new CeilingOp<double, DoubleMath>(), new CeilingOp<float, CpuMath>(), new CeilingOp<float, GpuMath>());
}

public sealed partial class Tensor
{
    private static readonly PiecewiseConstantFunction CeilingFunction = new(MapKernels.Ceiling);

    /// <summary>The least whole number that is at least x. Element by element; no gradient passes.</summary>
    public Tensor Ceiling() => CeilingFunction.Apply([this]);
}
