using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>1 where a > b, else 0; a NaN is not greater, nor is anything greater than it.</summary>
public readonly struct GreaterOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a > b ? T.One : T.Zero;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => Vector.ConditionalSelect(Vector.GreaterThan(a, b), Vector<T>.One, Vector<T>.Zero);
}

public sealed partial class Tensor
{
    internal static readonly ZipKernel GreaterKernel = ZipKernel.Of("greater", new GreaterOp<double>(), new GreaterOp<float>());

    private static readonly ComparisonFunction GreaterFunction = new(GreaterKernel);

    /// <summary>1 where a > b, else 0, with NumPy's broadcasting; no gradient passes.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Tensor operator >(Tensor a, Tensor b) => GreaterFunction.Apply([a, b]);

    /// <summary>1 where a > c, else 0; no gradient passes. c in the device's precision.</summary>
    public static Tensor operator >(Tensor a, double c) => new PiecewiseConstantFunction(GreaterToScalar(c)).Apply([a]);


    internal static MapKernel GreaterToScalar(double c) =>
        MapKernel.Of("greater", MapUse.None, new ConstantSecondOp<double, GreaterOp<double>>(default, c), new ConstantSecondOp<float, GreaterOp<float>>(default, (float)c), new ConstantSecondOp<float, GreaterOp<float>>(default, (float)c));
}
