using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = −x.</summary>
public readonly struct NegateOp<T> : IMapOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => -x;

    /// <inheritdoc/>
    public T Derivative(T x, T y) => -T.One;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => -x;

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => -Vector<T>.One;
}

internal static partial class MapKernels
{
    public static readonly MapKernel Negate = MapKernel.Of(
        "negate", MapUse.None, new NegateOp<double>(), new NegateOp<float>(), new NegateOp<float>());
}

public sealed partial class Tensor
{
    private static readonly MapFunction NegateFunction = new(MapKernels.Negate);

    /// <summary>y = −x. Element by element.</summary>
    public Tensor Negate() => NegateFunction.Apply([this]);
}
