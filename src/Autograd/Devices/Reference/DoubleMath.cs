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
}
