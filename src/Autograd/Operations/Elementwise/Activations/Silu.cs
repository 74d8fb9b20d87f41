using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = x·σ(x), dy/dx = σ(x)·(1 + x·(1 − σ(x))) (Hendrycks and Gimpel 2016; also called swish).</summary>
public readonly struct SiluOp<T, TMath> : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => x / (T.One + TMath.Exp(-x));

    /// <inheritdoc/>
    public T Derivative(T x, T y) => Slope(x, T.One / (T.One + TMath.Exp(-x)));

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => x / (Vector<T>.One + TMath.Exp(-x));

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => Slope(x, Vector<T>.One / (Vector<T>.One + TMath.Exp(-x)));

    private static T Slope(T x, T sigmoid) => sigmoid * (T.One + (x * (T.One - sigmoid)));

    private static Vector<T> Slope(Vector<T> x, Vector<T> sigmoid) => sigmoid * (Vector<T>.One + (x * (Vector<T>.One - sigmoid)));
}

internal static partial class MapKernels
{
    public static readonly MapKernel Silu = MapKernel.Of("silu", MapUse.Input, new SiluOp<double, DoubleMath>(), new SiluOp<float, CpuMath>(), new SiluOp<float, GpuMath>());
}

public sealed partial class Tensor
{
    private static readonly MapFunction SiluFunction = new(MapKernels.Silu);

    /// <summary>y = x·σ(x), dy/dx = σ(x)·(1 + x·(1 − σ(x))) (Hendrycks and Gimpel 2016; also called swish). Element by element.</summary>
    public Tensor Silu() => SiluFunction.Apply([this]);
}
