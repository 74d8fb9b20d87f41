using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|), dy/dx = σ(x). Accurate for large |x| too.</summary>
public readonly struct SoftplusOp<T, TMath> : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x) => (x < T.Zero ? T.Zero : x) + Log1p(TMath.Exp(x < T.Zero ? x : -x));

    /// <inheritdoc/>
    public T Derivative(T x, T y) => T.One / (T.One + TMath.Exp(-x));

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x) => default(ReluOp<T>).Apply(x) + Log1p(TMath.Exp(-Vector.Abs(x)));

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => Vector<T>.One / (Vector<T>.One + TMath.Exp(-x));

    /// <summary>log(1 + u) for u in [0, 1]: what rounding 1 + u lost is made good by u / ((1 + u) − 1) (Kahan).</summary>
    internal static T Log1p(T u)
    {
        T sum = T.One + u, rounded = sum - T.One;
        return rounded == T.Zero ? u : TMath.Log(sum) * (u / rounded);
    }

    internal static Vector<T> Log1p(Vector<T> u)
    {
        Vector<T> sum = Vector<T>.One + u, rounded = sum - Vector<T>.One;
        return Vector.ConditionalSelect(Vector.Equals(rounded, Vector<T>.Zero), u, TMath.Log(sum) * (u / rounded));
    }
}

internal static partial class MapKernels
{
    public static readonly MapKernel Softplus = MapKernel.Of(
        "softplus", MapUse.Input, new SoftplusOp<double, DoubleMath>(), new SoftplusOp<float, CpuMath>(), new SoftplusOp<float, GpuMath>());
}

public sealed partial class Tensor
{
    private static readonly MapFunction SoftplusFunction = new(MapKernels.Softplus);

    /// <summary>y = log(1 + eˣ), dy/dx = σ(x). Element by element.</summary>
    public Tensor Softplus() => SoftplusFunction.Apply([this]);
}
