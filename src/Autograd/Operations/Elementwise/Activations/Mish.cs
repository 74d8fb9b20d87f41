using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>y = x·tanh(log(1 + eˣ)) (Misra 2020). With e = eˣ the factor is n / (n + 2), n = e·(e + 2): no cancellation where x is negative.</summary>
/// <param name="Two">2.</param>
/// <param name="Most">Where the factor is 1 to the last digit and e² still is finite.</param>
public readonly record struct MishOp<T, TMath>(T Two, T Most) : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <inheritdoc/>
    public T Apply(T x)
    {
        T e = TMath.Exp(x > Most ? Most : x), n = e * (e + Two);
        return x * (n / (n + Two));
    }

    /// <summary>tanh s + x·(1 − tanh² s)·σ(x), s the softplus.</summary>
    public T Derivative(T x, T y)
    {
        T e = TMath.Exp(x > Most ? Most : x), n = e * (e + Two), factor = n / (n + Two);
        return factor + (x * (Two / (n + Two)) * (T.One + factor) * (e / (T.One + e)));
    }

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> x)
    {
        Vector<T> e = TMath.Exp(Clamped(x)), n = e * (e + new Vector<T>(Two));
        return x * (n / (n + new Vector<T>(Two)));
    }

    /// <inheritdoc/>
    public Vector<T> Derivative(Vector<T> x, Vector<T> y)
    {
        Vector<T> two = new(Two), e = TMath.Exp(Clamped(x)), n = e * (e + two), factor = n / (n + two);
        return factor + (x * (two / (n + two)) * (Vector<T>.One + factor) * (e / (Vector<T>.One + e)));
    }

    private Vector<T> Clamped(Vector<T> x) => Vector.ConditionalSelect(Vector.GreaterThan(x, new Vector<T>(Most)), new Vector<T>(Most), x);
}

internal static partial class MapKernels
{
    public static readonly MapKernel Mish = MapKernel.Of("mish", MapUse.Input, new MishOp<double, DoubleMath>(2, 40), new MishOp<float, CpuMath>(2, 20), new MishOp<float, GpuMath>(2, 20));
}

public sealed partial class Tensor
{
    private static readonly MapFunction MishFunction = new(MapKernels.Mish);

    /// <summary>y = x·tanh(log(1 + eˣ)) (Misra 2020). Element by element.</summary>
    public Tensor Mish() => MishFunction.Apply([this]);
}
