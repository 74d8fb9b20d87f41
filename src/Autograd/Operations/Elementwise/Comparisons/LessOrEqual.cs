using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>1 where a ≤ b, else 0; 0 where one is a NaN.</summary>
public readonly struct LessOrEqualOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a <= b ? T.One : T.Zero;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => Vector.ConditionalSelect(Vector.LessThanOrEqual(a, b), Vector<T>.One, Vector<T>.Zero);
}

public sealed partial class Tensor
{
    internal static readonly ZipKernel LessOrEqualKernel = ZipKernel.Of("less or equal", new LessOrEqualOp<double>(), new LessOrEqualOp<float>());

    private static readonly ComparisonFunction LessOrEqualFunction = new(LessOrEqualKernel);

    /// <summary>1 where a ≤ b, else 0, with NumPy's broadcasting; no gradient passes.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Tensor operator <=(Tensor a, Tensor b) => LessOrEqualFunction.Apply([a, b]);

    /// <summary>1 where a ≤ c, else 0; no gradient passes. c in the device's precision.</summary>
    public static Tensor operator <=(Tensor a, double c) => new PiecewiseConstantFunction(LessOrEqualToScalar(c)).Apply([a]);


    internal static MapKernel LessOrEqualToScalar(double c) =>
        MapKernel.Of("less or equal", MapUse.None, new ConstantSecondOp<double, LessOrEqualOp<double>>(default, c), new ConstantSecondOp<float, LessOrEqualOp<float>>(default, (float)c), new ConstantSecondOp<float, LessOrEqualOp<float>>(default, (float)c));
}
