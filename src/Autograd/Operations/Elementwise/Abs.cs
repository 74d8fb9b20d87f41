using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = |x|, dy/dx = the sign of x, 0 at 0.</summary>
public readonly struct AbsOp<T> : IMapOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => x < T.Zero ? -x : x;

    /// <inheritdoc/>
    public T Derivative(T x, T y) => x > T.Zero ? T.One : x < T.Zero ? -T.One : T.Zero;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => Vector.Abs(x);

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<T>.Zero), Vector<T>.One, Vector.ConditionalSelect(Vector.LessThan(x, Vector<T>.Zero), -Vector<T>.One, Vector<T>.Zero));
}

internal static partial class MapKernels
{
    public static readonly MapKernel Abs = MapKernel.Of("abs", MapUse.Input, new AbsOp<double>(), new AbsOp<float>(), new AbsOp<float>());
}

public sealed partial class Tensor
{
    private static readonly MapFunction AbsFunction = new(MapKernels.Abs);

    /// <summary>y = |x|, dy/dx = the sign of x, 0 at 0. Element by element.</summary>
    public Tensor Abs() => AbsFunction.Apply([this]);
}
