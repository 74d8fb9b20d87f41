using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>x where x > 0, else slope·x.</summary>
public readonly struct PReluOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a > T.Zero ? a : b * a;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => Vector.ConditionalSelect(Vector.GreaterThan(a, Vector<T>.Zero), a, a * b);
}

/// <summary>1 where x > 0, else the slope: the derivative with respect to x.</summary>
public readonly struct PReluInputSlopeOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a > T.Zero ? T.One : b;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => Vector.ConditionalSelect(Vector.GreaterThan(a, Vector<T>.Zero), Vector<T>.One, b);
}

/// <summary>0 where x > 0, else x: the derivative with respect to the slope.</summary>
public readonly struct PReluSlopeSlopeOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a > T.Zero ? T.Zero : a;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => Vector.ConditionalSelect(Vector.GreaterThan(a, Vector<T>.Zero), Vector<T>.Zero, a);
}

public sealed partial class Tensor
{
    internal static readonly ZipKernel
        PReluKernel = ZipKernel.Of("prelu", new PReluOp<double>(), new PReluOp<float>()),
        PReluInputSlope = ZipKernel.Of("prelu input slope", new PReluInputSlopeOp<double>(), new PReluInputSlopeOp<float>()),
        PReluSlopeSlope = ZipKernel.Of("prelu slope slope", new PReluSlopeSlopeOp<double>(), new PReluSlopeSlopeOp<float>());

    private static readonly ZipFunction PReluFunction = new(PReluKernel, PReluInputSlope, PReluSlopeSlope);

    /// <summary>x where x > 0, else slope·x, with slopes that are learnt (He et al. 2015): a scalar, or one a channel, the innermost axis. At 0 the gradient of x is the slope.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public Tensor PRelu(Tensor slopes)
    {
        ArgumentNullException.ThrowIfNull(slopes);
        return PReluFunction.Apply([this, slopes]);
    }
}
