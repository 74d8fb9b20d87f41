using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>1 where a ≥ b, else 0; 0 where one is a NaN.</summary>
public readonly struct GreaterOrEqualOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a >= b ? T.One : T.Zero;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => Vector.ConditionalSelect(Vector.GreaterThanOrEqual(a, b), Vector<T>.One, Vector<T>.Zero);
}

public sealed partial class Tensor
{
    internal static readonly ZipKernel GreaterOrEqualKernel = ZipKernel.Of("greater or equal", new GreaterOrEqualOp<double>(), new GreaterOrEqualOp<float>());

    private static readonly ComparisonFunction GreaterOrEqualFunction = new(GreaterOrEqualKernel);

    /// <summary>1 where a ≥ b, else 0, with NumPy's broadcasting; no gradient passes.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Tensor operator >=(Tensor a, Tensor b) => GreaterOrEqualFunction.Apply([a, b]);

    /// <summary>1 where a ≥ c, else 0; no gradient passes. c in the device's precision.</summary>
    public static Tensor operator >=(Tensor a, double c) => new PiecewiseConstantFunction(GreaterOrEqualToScalar(c)).Apply([a]);


    internal static MapKernel GreaterOrEqualToScalar(double c) =>
        MapKernel.Of("greater or equal", MapUse.None, new ConstantSecondOp<double, GreaterOrEqualOp<double>>(default, c), new ConstantSecondOp<float, GreaterOrEqualOp<float>>(default, (float)c), new ConstantSecondOp<float, GreaterOrEqualOp<float>>(default, (float)c));
}
