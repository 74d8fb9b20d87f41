using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// A unit of a GRU (Cho et al. 2014, with the reset gate behind the product) from what inputs and product add to its three gates: r = σ(r₁ + r₂), z = σ(z₁ + z₂), n = tanh(n₁ + r·n₂), h' = n + z·(h − n). The formula,
/// once, for every device; beside each the form that works lane by lane.
/// </summary>
public static class GruOp<T, TMath>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    /// <summary>Gates of a unit: r, z, n.</summary>
    public const int Gates = 3;

    /// <summary>The next hidden state, from the sums of r and z and both parts of n.</summary>
    public static T Next(T r, T z, T n, T product, T hidden)
    {
        T candidate = TMath.Tanh(n + (Sigmoid(r) * product));
        return candidate + (Sigmoid(z) * (hidden - candidate));
    }

    /// <inheritdoc cref="Next(T, T, T, T, T)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Next(Vector<T> r, Vector<T> z, Vector<T> n, Vector<T> product, Vector<T> hidden)
    {
        Vector<T> candidate = TMath.Tanh(n + (Sigmoid(r) * product));
        return candidate + (Sigmoid(z) * (hidden - candidate));
    }

    /// <summary>The gradients of the sums of r and z, of the inputs' part of n and of the product's.</summary>
    public static (T R, T Z, T N, T Product) GateGradients(T r, T z, T n, T product, T hidden, T dhidden)
    {
        T reset = Sigmoid(r), update = Sigmoid(z), candidate = TMath.Tanh(n + (reset * product));
        T dn = dhidden * (T.One - update) * (T.One - (candidate * candidate));
        return (dn * product * reset * (T.One - reset), dhidden * (hidden - candidate) * update * (T.One - update), dn, dn * reset);
    }

    /// <inheritdoc cref="GateGradients(T, T, T, T, T, T)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector<T> R, Vector<T> Z, Vector<T> N, Vector<T> Product) GateGradients(Vector<T> r, Vector<T> z, Vector<T> n, Vector<T> product, Vector<T> hidden, Vector<T> dhidden)
    {
        Vector<T> one = Vector<T>.One, reset = Sigmoid(r), update = Sigmoid(z), candidate = TMath.Tanh(n + (reset * product));
        Vector<T> dn = dhidden * (one - update) * (one - (candidate * candidate));
        return (dn * product * reset * (one - reset), dhidden * (hidden - candidate) * update * (one - update), dn, dn * reset);
    }

    /// <summary>The gradient of the hidden state that the step began with, but for what comes through the product.</summary>
    public static T HiddenGradient(T z, T dhidden) => dhidden * Sigmoid(z);

    /// <inheritdoc cref="HiddenGradient(T, T)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> HiddenGradient(Vector<T> z, Vector<T> dhidden) => dhidden * Sigmoid(z);

    private static T Sigmoid(T x) => default(SigmoidOp<T, TMath>).Apply(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Sigmoid(Vector<T> x) => default(SigmoidOp<T, TMath>).Apply(x);
}
