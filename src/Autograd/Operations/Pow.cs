using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = xᵖ, dy/dx = p·xᵖ⁻¹. A whole exponent multiplies; another one is e^(p·ln x), so that a negative base gives a NaN.</summary>
/// <param name="Exponent">p.</param>
/// <param name="Below">p − 1.</param>
/// <param name="Whole">p, if it is a whole number.</param>
/// <param name="IsWhole">1 if p is a whole number, else 0; a kernel takes no Boolean.</param>
public readonly record struct PowOp<T, TMath>(T Exponent, T Below, int Whole, int IsWhole) : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => IsWhole != 0 ? Product(x, Whole) : TMath.Exp(Exponent * TMath.Log(x));

    /// <inheritdoc/>
    public T Derivative(T x, T y)
    {
        if (Exponent == T.Zero) return T.Zero;
        return Exponent * (IsWhole != 0 ? Product(x, Whole - 1) : TMath.Exp(Below * TMath.Log(x)));
    }

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => IsWhole != 0 ? Product(x, Whole) : TMath.Exp(TMath.Log(x) * Exponent);

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y)
    {
        if (Exponent == T.Zero) return Vector<T>.Zero;
        return (IsWhole != 0 ? Product(x, Whole - 1) : TMath.Exp(TMath.Log(x) * Below)) * Exponent;
    }

    private static T Product(T x, int exponent)
    {
        T result = T.One, power = x;
        for (int left = exponent < 0 ? -exponent : exponent; left > 0; left /= 2)
        {
            if (left % 2 == 1) result *= power;
            power *= power;
        }
        return exponent < 0 ? T.One / result : result;
    }

    private static Vector<T> Product(Vector<T> x, int exponent)
    {
        Vector<T> result = Vector<T>.One, power = x;
        for (int left = exponent < 0 ? -exponent : exponent; left > 0; left /= 2)
        {
            if (left % 2 == 1) result *= power;
            power *= power;
        }
        return exponent < 0 ? Vector<T>.One / result : result;
    }
}

public sealed partial class Tensor
{
    private const int MostWhole = 1024;

    /// <summary>y = xᵖ, dy/dx = p·xᵖ⁻¹, element by element. A negative x needs a whole exponent, else the result is NaN; x⁰ is 1 with gradient 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The exponent is not finite.</exception>
    public Tensor Pow(double exponent) => new MapFunction(PowKernel(exponent)).Apply([this]);

    internal static MapKernel PowKernel(double exponent)
    {
        if (!double.IsFinite(exponent)) throw new ArgumentOutOfRangeException(nameof(exponent), $"pow: the exponent must be finite, found {exponent}.");
        bool isWhole = exponent == Math.Round(exponent) && Math.Abs(exponent) <= MostWhole;
        int whole = isWhole ? (int)exponent : 0, flag = isWhole ? 1 : 0;
        float single = (float)exponent, below = (float)(exponent - 1);
        return MapKernel.Of(
            "pow", MapUse.Input, new PowOp<double, DoubleMath>(exponent, exponent - 1, whole, flag), new PowOp<float, CpuMath>(single, below, whole, flag),
            new PowOp<float, GpuMath>(single, below, whole, flag));
    }
}
