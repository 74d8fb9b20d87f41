using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>max(a, b); a NaN of either stays one.</summary>
public readonly struct MaximumOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a > b ? a : b >= a ? b : a + b;          // the sum where one is a NaN

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => Vector.ConditionalSelect(Vector.GreaterThan(a, b) | ~Vector.Equals(a, a), a, b);
}

/// <summary>min(a, b); a NaN of either stays one.</summary>
public readonly struct MinimumOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a < b ? a : b <= a ? b : a + b;          // the sum where one is a NaN

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => Vector.ConditionalSelect(Vector.LessThan(a, b) | ~Vector.Equals(a, a), a, b);
}

/// <summary>1 where a > b, ½ where they are equal, else 0: the larger one's part of a gradient, as in PyTorch.</summary>
/// <param name="Half">½.</param>
public readonly record struct LargerShareOp<T>(T Half) : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a > b ? T.One : a < b ? T.Zero : Half;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) =>
        Vector.ConditionalSelect(Vector.GreaterThan(a, b), Vector<T>.One, Vector.ConditionalSelect(Vector.LessThan(a, b), Vector<T>.Zero, new Vector<T>(Half)));
}

/// <summary>1 where a &lt; b, ½ where they are equal, else 0.</summary>
/// <param name="Half">½.</param>
public readonly record struct SmallerShareOp<T>(T Half) : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a < b ? T.One : a > b ? T.Zero : Half;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) =>
        Vector.ConditionalSelect(Vector.LessThan(a, b), Vector<T>.One, Vector.ConditionalSelect(Vector.GreaterThan(a, b), Vector<T>.Zero, new Vector<T>(Half)));
}

public sealed partial class Tensor
{
    internal static readonly ZipKernel
        MaximumKernel = ZipKernel.Of("maximum", new MaximumOp<double>(), new MaximumOp<float>()),
        MinimumKernel = ZipKernel.Of("minimum", new MinimumOp<double>(), new MinimumOp<float>()),
        LargerShare = ZipKernel.Of("larger share", new LargerShareOp<double>(0.5), new LargerShareOp<float>(0.5f)),
        SmallerShare = ZipKernel.Of("smaller share", new SmallerShareOp<double>(0.5), new SmallerShareOp<float>(0.5f));

    private static readonly ZipFunction MaximumFunction = new(MaximumKernel, LargerShare, SmallerShare), MinimumFunction = new(MinimumKernel, SmallerShare, LargerShare);

    /// <summary>The larger of each pair of elements with NumPy's broadcasting; equals share the gradient.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Tensor Maximum(Tensor a, Tensor b) => MaximumFunction.Apply([a, b]);

    /// <summary>The smaller of each pair of elements with NumPy's broadcasting; equals share the gradient.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Tensor Minimum(Tensor a, Tensor b) => MinimumFunction.Apply([a, b]);
}
