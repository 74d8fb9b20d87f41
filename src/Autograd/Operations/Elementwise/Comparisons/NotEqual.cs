using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>1 where a ≠ b, else 0; a NaN differs from everything.</summary>
public readonly struct NotEqualOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a != b ? T.One : T.Zero;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => Vector.ConditionalSelect(~Vector.Equals(a, b), Vector<T>.One, Vector<T>.Zero);
}

public sealed partial class Tensor
{
    internal static readonly ZipKernel NotEqualKernel = ZipKernel.Of("not equal", new NotEqualOp<double>(), new NotEqualOp<float>());

    private static readonly ComparisonFunction NotEqualFunction = new(NotEqualKernel);

    /// <summary>1 where an element differs from the other's, else 0, with NumPy's broadcasting; no gradient passes. (<c>==</c> and <c>!=</c> ask whether two handles are the same object.)</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public Tensor NotEqualTo(Tensor other) => NotEqualFunction.Apply([this, other]);

    /// <summary>1 where an element differs from c, else 0; no gradient passes. c in the device's precision.</summary>
    public Tensor NotEqualTo(double c) => new PiecewiseConstantFunction(NotEqualToScalar(c)).Apply([this]);


    internal static MapKernel NotEqualToScalar(double c) =>
        MapKernel.Of("not equal", MapUse.None, new ConstantSecondOp<double, NotEqualOp<double>>(default, c), new ConstantSecondOp<float, NotEqualOp<float>>(default, (float)c), new ConstantSecondOp<float, NotEqualOp<float>>(default, (float)c));
}
