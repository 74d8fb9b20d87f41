using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>
/// x^(whole + fraction): a product for the whole part, e^(fraction·ln x) for the rest. A negative x needs a whole exponent, else the result is NaN.
/// </summary>
/// <param name="Whole">How often x is a factor; negative: of the denominator.</param>
/// <param name="Fraction">The rest, of the same sign, so that the two parts never are 0 and ∞.</param>
/// <param name="Parity">Of a whole exponent that is left to the rest because it has too many factors: 1 odd, 2 even; else 0. A kernel takes no Boolean.</param>
public readonly record struct Power<T, TMath>(int Whole, T Fraction, int Parity)
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <summary>The power of x.</summary>
    public T Of(T x)
    {
        T result = T.One, power = x;
        for (int left = Whole < 0 ? -Whole : Whole; left > 0; left /= 2)
        {
            if (left % 2 == 1) result *= power;
            power *= power;
        }
        if (Whole < 0) result = T.One / result;
        if (Fraction == T.Zero) return result;
        bool flips = Parity != 0 && x < T.Zero;
        result *= TMath.Exp(Fraction * TMath.Log(flips ? -x : x));
        return flips && Parity == 1 ? -result : result;
    }

    /// <summary>The power of x, lane by lane.</summary>
    public Vector<T> Of(Vector<T> x)
    {
        Vector<T> result = Vector<T>.One, power = x;
        for (int left = Whole < 0 ? -Whole : Whole; left > 0; left /= 2)
        {
            if (left % 2 == 1) result *= power;
            power *= power;
        }
        if (Whole < 0) result = Vector<T>.One / result;
        if (Fraction == T.Zero) return result;
        result *= TMath.Exp(TMath.Log(Parity != 0 ? Vector.Abs(x) : x) * Fraction);
        return Parity == 1 ? Vector.ConditionalSelect(Vector.LessThan(x, Vector<T>.Zero), -result, result) : result;
    }
}

/// <summary>y = xᵖ, dy/dx = p·xᵖ⁻¹.</summary>
/// <param name="Exponent">p.</param>
/// <param name="Value">The power of p.</param>
/// <param name="Slope">The power of p − 1.</param>
public readonly record struct PowOp<T, TMath>(T Exponent, Power<T, TMath> Value, Power<T, TMath> Slope) : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => Value.Of(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => Exponent == T.Zero ? T.Zero : Exponent * Slope.Of(x);

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => Value.Of(x);

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => Exponent == T.Zero ? Vector<T>.Zero : Slope.Of(x) * Exponent;
}

public sealed partial class Tensor
{
    private const int MostFactors = 32;           // more would round more than e^(p·ln x) does

    /// <summary>y = xᵖ, dy/dx = p·xᵖ⁻¹, element by element. A negative x needs a whole exponent, else the result is NaN; x⁰ is 1 with gradient 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The exponent is not finite.</exception>
    public Tensor Pow(double exponent) => new MapFunction(PowKernel(exponent)).Apply([this]);

    internal static MapKernel PowKernel(double exponent)
    {
        if (!float.IsFinite((float)exponent)) throw new ArgumentOutOfRangeException(nameof(exponent), $"pow: the exponent must be finite, found {exponent}.");
        (int Whole, double Fraction, int Parity) p = Parts(exponent), below = Parts(exponent - 1);
        return MapKernel.Of("pow", MapUse.Input,
            new PowOp<double, DoubleMath>(exponent, new(p.Whole, p.Fraction, p.Parity), new(below.Whole, below.Fraction, below.Parity)),
            new PowOp<float, CpuMath>((float)exponent, new(p.Whole, (float)p.Fraction, p.Parity), new(below.Whole, (float)below.Fraction, below.Parity)),
            new PowOp<float, GpuMath>((float)exponent, new(p.Whole, (float)p.Fraction, p.Parity), new(below.Whole, (float)below.Fraction, below.Parity)));
    }

    private static (int Whole, double Fraction, int Parity) Parts(double exponent)
    {
        double whole = Math.Truncate(exponent);
        if (Math.Abs(exponent) <= MostFactors) return ((int)whole, exponent - whole, 0);
        return (0, exponent, exponent != whole ? 0 : exponent % 2 == 0 ? 2 : 1);
    }
}
