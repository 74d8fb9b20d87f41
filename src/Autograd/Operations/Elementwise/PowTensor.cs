using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>aᵇ = e^(b·ln |a|), with a's sign where b is odd. A negative a needs a whole b, else the result is NaN; a⁰ is 1. The relative error is some 1e-7·|b·ln |a||.</summary>
/// <param name="Half">½.</param>
public readonly record struct PowTensorOp<T, TMath>(T Half) : IZipOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b)
    {
        if (b == T.Zero) return T.One;
        // Of 0 the logarithm is −∞: e^(b·−∞) is 0 or ∞ as it should be.
        if (a >= T.Zero) return TMath.Exp(b * TMath.Log(a));
        T power = TMath.Exp(b * TMath.Log(-a));
        if (TMath.Floor(b) != b) return TMath.Log(a);                                       // NaN
        return TMath.Floor(Half * b) == Half * b ? power : -power;
    }

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b)
    {
        Vector<T> zero = Vector<T>.Zero, half = b * Half, power = TMath.Exp(b * TMath.Log(Vector.Abs(a)));
        Vector<T> isNegative = Vector.LessThan(a, zero);
        power = Vector.ConditionalSelect(isNegative & ~Vector.Equals(TMath.Floor(half), half), -power, power);
        power = Vector.ConditionalSelect(isNegative & ~Vector.Equals(TMath.Floor(b), b), TMath.Log(a), power);
        return Vector.ConditionalSelect(Vector.Equals(b, zero), Vector<T>.One, power);
    }
}

/// <summary>b·aᵇ⁻¹, 0 where b is 0: the derivative with respect to a.</summary>
/// <param name="Power">The power.</param>
public readonly record struct PowBaseSlopeOp<T, TMath>(PowTensorOp<T, TMath> Power) : IZipOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => b == T.Zero ? T.Zero : b * Power.Apply(a, b - T.One);

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => Vector.ConditionalSelect(Vector.Equals(b, Vector<T>.Zero), Vector<T>.Zero, b * Power.Apply(a, b - Vector<T>.One));
}

/// <summary>aᵇ·ln a, 0 where a is 0 and b is not negative: the derivative with respect to b, NaN for a negative a.</summary>
/// <param name="Power">The power.</param>
public readonly record struct PowExponentSlopeOp<T, TMath>(PowTensorOp<T, TMath> Power) : IZipOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => a == T.Zero && !(b < T.Zero) ? b * T.Zero : Power.Apply(a, b) * TMath.Log(a);

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) =>
        Vector.ConditionalSelect(Vector.Equals(a, Vector<T>.Zero) & ~Vector.LessThan(b, Vector<T>.Zero), b * Vector<T>.Zero, Power.Apply(a, b) * TMath.Log(a));
}

public sealed partial class Tensor
{
    internal static readonly ZipKernel
        PowTensorKernel = ZipKernel.Of("pow", new PowTensorOp<double, DoubleMath>(0.5), new PowTensorOp<float, CpuMath>(0.5f), new PowTensorOp<float, GpuMath>(0.5f)),
        PowBaseSlope = ZipKernel.Of("pow base slope", new PowBaseSlopeOp<double, DoubleMath>(new(0.5)), new PowBaseSlopeOp<float, CpuMath>(new(0.5f)), new PowBaseSlopeOp<float, GpuMath>(new(0.5f))),
        PowExponentSlope = ZipKernel.Of("pow exponent slope", new PowExponentSlopeOp<double, DoubleMath>(new(0.5)), new PowExponentSlopeOp<float, CpuMath>(new(0.5f)), new PowExponentSlopeOp<float, GpuMath>(new(0.5f)));

    private static readonly ZipFunction PowTensorFunction = new(PowTensorKernel, PowBaseSlope, PowExponentSlope);

    /// <summary>aᵇ of each pair of elements with NumPy's broadcasting. A negative a needs a whole b, else the result is NaN; a⁰ is 1. Both are differentiated where wanted; the gradient of an exponent needs a ≥ 0.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public Tensor Pow(Tensor exponent)
    {
        ArgumentNullException.ThrowIfNull(exponent);
        return PowTensorFunction.Apply([this, exponent]);
    }
}
