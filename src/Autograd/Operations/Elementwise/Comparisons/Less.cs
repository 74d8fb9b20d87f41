using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>1 where a &lt; b, else 0; a NaN is not less, nor is anything less than it.</summary>
public readonly struct LessOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a < b ? T.One : T.Zero;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => Vector.ConditionalSelect(Vector.LessThan(a, b), Vector<T>.One, Vector<T>.Zero);
}

public sealed partial class Tensor
{
    internal static readonly ZipKernel LessKernel = ZipKernel.Of("less", new LessOp<double>(), new LessOp<float>());

    private static readonly ComparisonFunction LessFunction = new(LessKernel);

    /// <summary>1 where a &lt; b, else 0, with NumPy's broadcasting; no gradient passes.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Tensor operator <(Tensor a, Tensor b) => LessFunction.Apply([a, b]);

    /// <summary>1 where a &lt; c, else 0; no gradient passes. c in the device's precision.</summary>
    public static Tensor operator <(Tensor a, double c) => new PiecewiseConstantFunction(LessToScalar(c)).Apply([a]);


    internal static MapKernel LessToScalar(double c) =>
        MapKernel.Of("less", MapUse.None, new ConstantSecondOp<double, LessOp<double>>(default, c), new ConstantSecondOp<float, LessOp<float>>(default, (float)c), new ConstantSecondOp<float, LessOp<float>>(default, (float)c));
}
