using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = (x + 3) / 6 held between 0 and 1; dy/dx = 1/6 between −3 and 3, else 0, as at both.</summary>
/// <param name="Three">3.</param>
/// <param name="Six">6.</param>
public readonly record struct HardSigmoidOp<T>(T Three, T Six) : IMapOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => x <= -Three ? T.Zero : x >= Three ? T.One : (x + Three) / Six;

    /// <inheritdoc/>
    public T Derivative(T x, T y) => x <= -Three || x >= Three ? T.Zero : T.One / Six;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x)
    {
        Vector<T> three = new(Three);
        return Vector.ConditionalSelect(
            Vector.LessThanOrEqual(x, -three), Vector<T>.Zero, Vector.ConditionalSelect(Vector.GreaterThanOrEqual(x, three), Vector<T>.One, (x + three) / new Vector<T>(Six)));
    }

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y)
    {
        Vector<T> three = new(Three);
        return Vector.ConditionalSelect(Vector.LessThanOrEqual(x, -three) | Vector.GreaterThanOrEqual(x, three), Vector<T>.Zero, new Vector<T>(T.One / Six));
    }
}

internal static partial class MapKernels
{
    public static readonly MapKernel HardSigmoid = MapKernel.Of("hard sigmoid", MapUse.Input, new HardSigmoidOp<double>(3, 6), new HardSigmoidOp<float>(3, 6), new HardSigmoidOp<float>(3, 6));
}

public sealed partial class Tensor
{
    private static readonly MapFunction HardSigmoidFunction = new(MapKernels.HardSigmoid);

    /// <summary>y = (x + 3) / 6 held between 0 and 1; dy/dx = 1/6 between −3 and 3, else 0, as at both. Element by element.</summary>
    public Tensor HardSigmoid() => HardSigmoidFunction.Apply([this]);
}
