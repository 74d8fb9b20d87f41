using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = x², dy/dx = 2·x.</summary>
public readonly struct SquareOp<T> : IMapOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => x * x;

    /// <inheritdoc/>
    public T Derivative(T x, T y) => x + x;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => x * x;

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => x + x;
}

internal static partial class MapKernels
{
    public static readonly MapKernel Square = MapKernel.Of(
        "square", MapUse.Input, new SquareOp<double>(), new SquareOp<float>(), new SquareOp<float>());
}

public sealed partial class Tensor
{
    private static readonly MapFunction SquareFunction = new(MapKernels.Square);

    /// <summary>y = x², dy/dx = 2·x. Element by element.</summary>
    public Tensor Square() => SquareFunction.Apply([this]);
}
