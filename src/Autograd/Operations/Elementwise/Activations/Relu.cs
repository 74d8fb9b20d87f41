using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = max(0, x), dy/dx = 1 where y > 0, else 0 (also at 0, as PyTorch does). A NaN stays one.</summary>
public readonly struct ReluOp<T> : IMapOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => x < T.Zero ? T.Zero : x;

    /// <inheritdoc/>
    public T Derivative(T x, T y) => y > T.Zero ? T.One : T.Zero;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => Vector.ConditionalSelect(Vector.LessThan(x, Vector<T>.Zero), Vector<T>.Zero, x);

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => Vector.ConditionalSelect(Vector.GreaterThan(y, Vector<T>.Zero), Vector<T>.One, Vector<T>.Zero);
}

internal static partial class MapKernels
{
    public static readonly MapKernel Relu = MapKernel.Of(
        "relu", MapUse.Output, new ReluOp<double>(), new ReluOp<float>(), new ReluOp<float>());
}

public sealed partial class Tensor
{
    private static readonly MapFunction ReluFunction = new(MapKernels.Relu);

    /// <summary>y = max(0, x), dy/dx = 1 where y > 0, else 0 (also at 0, as PyTorch does). A NaN stays one. Element by element.</summary>
    public Tensor Relu() => ReluFunction.Apply([this]);
}
