using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = x·Φ(x) with the normal distribution Φ(x) = (1 + erf(x/√2)) / 2; dy/dx = Φ(x) + x·φ(x) (Hendrycks and Gimpel 2016).</summary>
/// <param name="Half">½.</param>
/// <param name="RootHalf">1/√2.</param>
/// <param name="Density">1/√(2π).</param>
public readonly record struct GeluOp<T, TMath>(T Half, T RootHalf, T Density) : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => Half * x * (T.One + TMath.Erf(x * RootHalf));

    /// <inheritdoc/>
    public T Derivative(T x, T y) => (Half * (T.One + TMath.Erf(x * RootHalf))) + (x * Density * TMath.Exp(-Half * x * x));

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => x * Half * (Vector<T>.One + TMath.Erf(x * RootHalf));

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => ((Vector<T>.One + TMath.Erf(x * RootHalf)) * Half) + (x * Density * TMath.Exp(x * x * -Half));
}

/// <summary>y = x/2·(1 + tanh u), u = √(2/π)·(x + 0.044715·x³): the approximation of the same paper; dy/dx = (1 + tanh u)/2 + x/2·(1 − tanh² u)·u'.</summary>
/// <param name="Half">½.</param>
/// <param name="Root">√(2/π).</param>
/// <param name="Cubic">0.044715.</param>
/// <param name="Three">3.</param>
public readonly record struct GeluTanhOp<T, TMath>(T Half, T Root, T Cubic, T Three) : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => Half * x * (T.One + TMath.Tanh(Root * (x + (Cubic * x * x * x))));

    /// <inheritdoc/>
    public T Derivative(T x, T y)
    {
        T tanh = TMath.Tanh(Root * (x + (Cubic * x * x * x)));
        return (Half * (T.One + tanh)) + (Half * x * (T.One - (tanh * tanh)) * Root * (T.One + (Three * Cubic * x * x)));
    }

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => x * Half * (Vector<T>.One + TMath.Tanh((x + (x * x * x * Cubic)) * Root));

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y)
    {
        Vector<T> tanh = TMath.Tanh((x + (x * x * x * Cubic)) * Root);
        return ((Vector<T>.One + tanh) * Half) + (x * Half * (Vector<T>.One - (tanh * tanh)) * Root * (Vector<T>.One + (x * x * (Three * Cubic))));
    }
}

internal static partial class MapKernels
{
    private const double RootHalf = 0.70710678118654752, Density = 0.39894228040143268, Root = 0.79788456080286536, Cubic = 0.044715;

    public static readonly MapKernel Gelu = MapKernel.Of(
        "gelu", MapUse.Input, new GeluOp<double, DoubleMath>(0.5, RootHalf, Density),
        new GeluOp<float, CpuMath>(0.5f, (float)RootHalf, (float)Density), new GeluOp<float, GpuMath>(0.5f, (float)RootHalf, (float)Density));

    public static readonly MapKernel GeluTanh = MapKernel.Of(
        "gelu tanh", MapUse.Input, new GeluTanhOp<double, DoubleMath>(0.5, Root, Cubic, 3),
        new GeluTanhOp<float, CpuMath>(0.5f, (float)Root, (float)Cubic, 3), new GeluTanhOp<float, GpuMath>(0.5f, (float)Root, (float)Cubic, 3));
}

public sealed partial class Tensor
{
    private static readonly MapFunction GeluFunction = new(MapKernels.Gelu), GeluTanhFunction = new(MapKernels.GeluTanh);

    /// <summary>y = x·Φ(x), the exact form. Element by element.</summary>
    public Tensor Gelu() => GeluFunction.Apply([this]);

    /// <summary>The same by the tanh approximation. Element by element.</summary>
    public Tensor GeluTanh() => GeluTanhFunction.Apply([this]);
}
