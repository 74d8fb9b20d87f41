using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>The reference's transcendental functions: the runtime's, in double.</summary>
public readonly struct DoubleMath : IRealMath<double>
{
    /// <inheritdoc/>
    public static double Exp(double x) => Math.Exp(x);

    /// <inheritdoc/>
    public static double Log(double x) => Math.Log(x);

    /// <inheritdoc/>
    public static double Tanh(double x) => Math.Tanh(x);

    /// <inheritdoc/>
    public static double Sqrt(double x) => Math.Sqrt(x);

    /// <summary>2/√π·e^−x²·Σ 2ⁿ·x²ⁿ⁺¹ / (1·3·…·(2n + 1)): every term has x's sign, so nothing cancels. ±1 to the last digit beyond 6.</summary>
    public static double Erf(double x)
    {
        if (double.IsNaN(x)) return x;
        if (Math.Abs(x) > 6) return Math.Sign(x);
        double term = x, sum = x;
        for (int n = 1; Math.Abs(term) > 1e-17 * Math.Abs(sum); n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    /// <summary>1 − erf x up to 2; beyond, where that would cancel, e^−x² / √π over Laplace's continued fraction x + ½ / (x + 1 / (x + 1½ / (x + …))).</summary>
    public static double Erfc(double x)
    {
        if (!(x > 2)) return 1 - Erf(x);
        double fraction = x;
        for (int n = 120; n > 0; n--) fraction = x + (n / 2.0 / fraction);
        return Math.Exp(-x * x) / (Math.Sqrt(Math.PI) * fraction);
    }

    /// <inheritdoc/>
    public static double Normal(double x) => 0.5 * Erfc(-x * Math.Sqrt(0.5));

    /// <inheritdoc/>
    public static double Sin(double x) => Math.Sin(x);

    /// <inheritdoc/>
    public static double Cos(double x) => Math.Cos(x);

    /// <inheritdoc/>
    public static double Floor(double x) => Math.Floor(x);

    /// <inheritdoc/>
    public static double Residual(double a, double b, double c) => Math.FusedMultiplyAdd(a, b, c);

    /// <inheritdoc/>
    public static Vector<double> Exp(Vector<double> x) => Vector.Exp(x);

    /// <inheritdoc/>
    public static Vector<double> Log(Vector<double> x) => Vector.Log(x);

    /// <inheritdoc/>
    public static Vector<double> Tanh(Vector<double> x)
    {
        Vector<double> result = default;
        for (int i = 0; i < Vector<double>.Count; i++) result = result.WithElement(i, Math.Tanh(x[i]));
        return result;
    }

    /// <inheritdoc/>
    public static Vector<double> Erf(Vector<double> x)
    {
        Vector<double> result = default;
        for (int i = 0; i < Vector<double>.Count; i++) result = result.WithElement(i, Erf(x[i]));
        return result;
    }

    /// <inheritdoc/>
    public static Vector<double> Erfc(Vector<double> x)
    {
        Vector<double> result = default;
        for (int i = 0; i < Vector<double>.Count; i++) result = result.WithElement(i, Erfc(x[i]));
        return result;
    }

    /// <inheritdoc/>
    public static Vector<double> Normal(Vector<double> x)
    {
        Vector<double> result = default;
        for (int i = 0; i < Vector<double>.Count; i++) result = result.WithElement(i, Normal(x[i]));
        return result;
    }

    /// <inheritdoc/>
    public static Vector<double> Sin(Vector<double> x) => Vector.Sin(x);

    /// <inheritdoc/>
    public static Vector<double> Cos(Vector<double> x) => Vector.Cos(x);

    /// <inheritdoc/>
    public static Vector<double> Floor(Vector<double> x) => Vector.Floor(x);

    /// <inheritdoc/>
    public static Vector<double> Residual(Vector<double> a, Vector<double> b, Vector<double> c) => Vector.FusedMultiplyAdd(a, b, c);
}
