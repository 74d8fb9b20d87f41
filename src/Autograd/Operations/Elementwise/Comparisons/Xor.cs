using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>1 where exactly one is true, that is not 0, else 0.</summary>
public readonly struct XorOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a != T.Zero != (b != T.Zero) ? T.One : T.Zero;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => Vector.ConditionalSelect(Vector.Equals(a, Vector<T>.Zero) ^ Vector.Equals(b, Vector<T>.Zero), Vector<T>.One, Vector<T>.Zero);
}

public sealed partial class Tensor
{
    internal static readonly ZipKernel XorKernel = ZipKernel.Of("exclusive or", new XorOp<double>(), new XorOp<float>());

    private static readonly ComparisonFunction XorFunction = new(XorKernel);

    /// <summary>1 where exactly one is true, that is not 0, else 0. With NumPy's broadcasting; no gradient passes.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Tensor operator ^(Tensor a, Tensor b) => XorFunction.Apply([a, b]);
}
