using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>1 where a = b, else 0; a NaN equals nothing.</summary>
public readonly struct EqualOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a == b ? T.One : T.Zero;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => Vector.ConditionalSelect(Vector.Equals(a, b), Vector<T>.One, Vector<T>.Zero);
}

public sealed partial class Tensor
{
    internal static readonly ZipKernel EqualKernel = ZipKernel.Of("equal", new EqualOp<double>(), new EqualOp<float>());

    private static readonly ComparisonFunction EqualFunction = new(EqualKernel);

    /// <summary>1 where an element equals the other's, else 0, with NumPy's broadcasting; no gradient passes. (<c>==</c> and <c>!=</c> ask whether two handles are the same object.)</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public Tensor EqualTo(Tensor other) => EqualFunction.Apply([this, other]);

    /// <summary>1 where an element equals c, else 0; no gradient passes. c in the device's precision.</summary>
    public Tensor EqualTo(double c) => new PiecewiseConstantFunction(EqualToScalar(c)).Apply([this]);


    internal static MapKernel EqualToScalar(double c) =>
        MapKernel.Of("equal", MapUse.None, new ConstantSecondOp<double, EqualOp<double>>(default, c), new ConstantSecondOp<float, EqualOp<float>>(default, (float)c), new ConstantSecondOp<float, EqualOp<float>>(default, (float)c));
}
