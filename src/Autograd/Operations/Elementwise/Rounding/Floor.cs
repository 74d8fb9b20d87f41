using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>The largest whole number that is at most x. No gradient passes.</summary>
public readonly struct FloorOp<T, TMath> : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => TMath.Floor(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => T.Zero;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => TMath.Floor(x);

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => Vector<T>.Zero;
}

internal static partial class MapKernels
{
    public static readonly MapKernel Floor = MapKernel.Of("floor", MapUse.None, new FloorOp<double, DoubleMath>(), new FloorOp<float, CpuMath>(), new FloorOp<float, GpuMath>());
}

public sealed partial class Tensor
{
    private static readonly PiecewiseConstantFunction FloorFunction = new(MapKernels.Floor);

    /// <summary>The largest whole number that is at most x. Element by element; no gradient passes.</summary>
    public Tensor Floor() => FloorFunction.Apply([this]);
}
