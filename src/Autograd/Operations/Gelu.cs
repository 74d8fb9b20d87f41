using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = x·Φ(x) with the normal distribution Φ(x) = erfc(−x/√2) / 2; dy/dx = Φ(x) + x·φ(x) (Hendrycks and Gimpel 2016). With 1 + erf(x/√2), a negative x would lose its digits.</summary>
/// <param name="Half">½.</param>
/// <param name="RootHalf">1/√2.</param>
/// <param name="Density">1/√(2π).</param>
public readonly record struct GeluOp<T, TMath>(T Half, T RootHalf, T Density) : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => Half * x * TMath.Erfc(-RootHalf * x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => (Half * TMath.Erfc(-RootHalf * x)) + (x * Density * TMath.Exp(-Half * x * x));

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => x * Half * TMath.Erfc(x * -RootHalf);

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => (TMath.Erfc(x * -RootHalf) * Half) + (x * Density * TMath.Exp(x * x * -Half));
}

/// <summary>y = x/2·(1 + tanh u) = x·σ(2u), u = √(2/π)·(x + 0.044715·x³): the approximation of the same paper; dy/dx = σ(2u) + x·σ(2u)·(1 − σ(2u))·2u'.</summary>
/// <param name="Root">2·√(2/π).</param>
/// <param name="Cubic">0.044715.</param>
/// <param name="Three">3.</param>
public readonly record struct GeluTanhOp<T, TMath>(T Root, T Cubic, T Three) : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => x * Sigmoid(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y)
    {
        T sigmoid = Sigmoid(x);
        return sigmoid * (T.One + (x * (T.One - sigmoid) * Root * (T.One + (Three * Cubic * x * x))));
    }

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => x * Sigmoid(x);

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y)
    {
        Vector<T> sigmoid = Sigmoid(x);
        return sigmoid * (Vector<T>.One + (x * (Vector<T>.One - sigmoid) * Root * (Vector<T>.One + (x * x * (Three * Cubic)))));
    }

    private T Sigmoid(T x) => T.One / (T.One + TMath.Exp(-Root * (x + (Cubic * x * x * x))));

    private Vector<T> Sigmoid(Vector<T> x) => Vector<T>.One / (Vector<T>.One + TMath.Exp((x + (x * x * x * Cubic)) * -Root));
}

internal static partial class MapKernels
{
    private const double RootHalf = 0.70710678118654752, Density = 0.39894228040143268, TwiceRoot = 1.5957691216057308, Cubic = 0.044715;

    public static readonly MapKernel Gelu = MapKernel.Of(
        "gelu", MapUse.Input, new GeluOp<double, DoubleMath>(0.5, RootHalf, Density),
        new GeluOp<float, CpuMath>(0.5f, (float)RootHalf, (float)Density), new GeluOp<float, GpuMath>(0.5f, (float)RootHalf, (float)Density));

    public static readonly MapKernel GeluTanh = MapKernel.Of(
        "gelu tanh", MapUse.Input, new GeluTanhOp<double, DoubleMath>(TwiceRoot, Cubic, 3),
        new GeluTanhOp<float, CpuMath>((float)TwiceRoot, (float)Cubic, 3), new GeluTanhOp<float, GpuMath>((float)TwiceRoot, (float)Cubic, 3));
}

public sealed partial class Tensor
{
    private static readonly MapFunction GeluFunction = new(MapKernels.Gelu), GeluTanhFunction = new(MapKernels.GeluTanh);

    /// <summary>y = x·Φ(x), the exact form. Element by element.</summary>
    public Tensor Gelu() => GeluFunction.Apply([this]);

    /// <summary>The same by the tanh approximation. Element by element.</summary>
    public Tensor GeluTanh() => GeluTanhFunction.Apply([this]);
}
