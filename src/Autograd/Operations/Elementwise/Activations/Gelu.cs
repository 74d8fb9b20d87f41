using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = x·Φ(x) with the normal distribution Φ; dy/dx = Φ(x) + x·φ(x) (Hendrycks and Gimpel 2016). With 1 + erf(x/√2), a negative x would lose its digits.</summary>
/// <param name="Half">½.</param>
/// <param name="Density">1/√(2π).</param>
public readonly record struct GeluOp<T, TMath>(T Half, T Density) : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => x * TMath.Normal(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => TMath.Normal(x) + (x * Density * TMath.Exp(-Half * x * x));

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => x * TMath.Normal(x);

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => TMath.Normal(x) + (x * Density * TMath.Exp(x * x * -Half));
}

/// <summary>
/// y = x/2·(1 + tanh u) = x·σ(2u), u = √(2/π)·(x + 0.044715·x³): the approximation of the same paper; dy/dx = σ(2u) + x·σ(2u)·(1 − σ(2u))·2u'.
/// σ(2u) = 1 / (1 + e^−2u) is e^2u where x is negative, and shows as a relative error what 2u, up to 17 at −5, has lost in rounding: that is collected and put back.
/// </summary>
/// <param name="Linear">The exponent −2u = x·(Linear + Cubic·x²): −2·√(2/π).</param>
/// <param name="Cubic">0.044715 times the linear one.</param>
/// <param name="Three">3.</param>
public readonly record struct GeluTanhOp<T, TMath>(T Linear, T Cubic, T Three) : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => x * Sigmoid(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y)
    {
        T sigmoid = Sigmoid(x);
        return sigmoid * (T.One - (x * (T.One - sigmoid) * (Linear + (Three * Cubic * x * x))));
    }

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => x * Sigmoid(x);

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y)
    {
        Vector<T> sigmoid = Sigmoid(x);
        return sigmoid * (Vector<T>.One - (x * (Vector<T>.One - sigmoid) * (new Vector<T>(Linear) + (x * x * (Three * Cubic)))));
    }

    private T Sigmoid(T x)
    {
        T square = x * x, slope = Linear + (Cubic * square), exponent = x * slope;
        T lost = TMath.Residual(Cubic, square, Linear - slope) + (Cubic * TMath.Residual(x, x, -square));
        lost = TMath.Residual(x, slope, -exponent) + (x * lost);
        // Of a number for which e^−2u is 0 or infinite anyway, or which is not one, nothing is known.
        lost = lost * lost < T.One ? lost : T.Zero;
        return T.One / (T.One + (TMath.Exp(exponent) * (T.One + lost)));
    }

    private Vector<T> Sigmoid(Vector<T> x)
    {
        Vector<T> cubic = new(Cubic), linear = new(Linear);
        Vector<T> square = x * x, slope = linear + (cubic * square), exponent = x * slope;
        Vector<T> lost = TMath.Residual(cubic, square, linear - slope) + (cubic * TMath.Residual(x, x, -square));
        lost = TMath.Residual(x, slope, -exponent) + (x * lost);
        lost = Vector.ConditionalSelect(Vector.LessThan(lost * lost, Vector<T>.One), lost, Vector<T>.Zero);
        return Vector<T>.One / (Vector<T>.One + (TMath.Exp(exponent) * (Vector<T>.One + lost)));
    }
}

internal static partial class MapKernels
{
    // As floats, the two of −2u are off in opposite senses: by 8e-8 at most within −5 and 5.
    private const double Density = 0.39894228040143268, Linear = -1.5957691216057308, Cubic = 0.044715 * Linear;

    public static readonly MapKernel Gelu = MapKernel.Of(
        "gelu", MapUse.Input, new GeluOp<double, DoubleMath>(0.5, Density), new GeluOp<float, CpuMath>(0.5f, (float)Density), new GeluOp<float, GpuMath>(0.5f, (float)Density));

    public static readonly MapKernel GeluTanh = MapKernel.Of(
        "gelu tanh", MapUse.Input, new GeluTanhOp<double, DoubleMath>(Linear, Cubic, 3),
        new GeluTanhOp<float, CpuMath>((float)Linear, (float)Cubic, 3), new GeluTanhOp<float, GpuMath>((float)Linear, (float)Cubic, 3));
}

public sealed partial class Tensor
{
    private static readonly MapFunction GeluFunction = new(MapKernels.Gelu), GeluTanhFunction = new(MapKernels.GeluTanh);

    /// <summary>y = x·Φ(x), the exact form. Element by element.</summary>
    public Tensor Gelu() => GeluFunction.Apply([this]);

    /// <summary>The same by the tanh approximation. Element by element.</summary>
    public Tensor GeluTanh() => GeluTanhFunction.Apply([this]);
}
