using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>1 for a positive x, −1 for a negative one, 0 for 0; a NaN stays one. No gradient passes.</summary>
public readonly struct SignOp<T> : IMapOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => x > T.Zero ? T.One : x < T.Zero ? -T.One : x == T.Zero ? T.Zero : x;

    /// <inheritdoc/>
    public T Derivative(T x, T y) => T.Zero;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) =>
        Vector.ConditionalSelect(
            Vector.GreaterThan(x, Vector<T>.Zero), Vector<T>.One,
            Vector.ConditionalSelect(Vector.LessThan(x, Vector<T>.Zero), -Vector<T>.One, Vector.ConditionalSelect(Vector.Equals(x, Vector<T>.Zero), Vector<T>.Zero, x)));

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => Vector<T>.Zero;
}

internal static partial class MapKernels
{
    public static readonly MapKernel Sign = MapKernel.Of("sign", MapUse.None, new SignOp<double>(), new SignOp<float>(), new SignOp<float>());
}

public sealed partial class Tensor
{
    private static readonly PiecewiseConstantFunction SignFunction = new(MapKernels.Sign);

    /// <summary>1 for a positive x, −1 for a negative one, 0 for 0; a NaN stays one. Element by element; no gradient passes.</summary>
    public Tensor Sign() => SignFunction.Apply([this]);
}
