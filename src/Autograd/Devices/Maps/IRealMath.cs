using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>Transcendental functions, 1e-6 relative or better: <see cref="DoubleMath"/>, <see cref="CpuMath"/> or <see cref="GpuMath"/>.</summary>
public interface IRealMath<T>
    where T : unmanaged, INumber<T>
{
    /// <summary>eˣ.</summary>
    static abstract T Exp(T x);

    /// <summary>ln x.</summary>
    static abstract T Log(T x);

    /// <summary>tanh x.</summary>
    static abstract T Tanh(T x);

    /// <summary>√x.</summary>
    static abstract T Sqrt(T x);

    /// <summary>erf x = 2/√π·∫₀ˣ e^−t² dt.</summary>
    static abstract T Erf(T x);

    /// <summary>erfc x = 1 − erf x, to all digits where erf x is nearly 1.</summary>
    static abstract T Erfc(T x);

    /// <summary>The normal distribution Φ(x) = erfc(−x/√2) / 2, to all digits also where it is nearly 0.</summary>
    static abstract T Normal(T x);

    /// <summary>sin x, x in radians.</summary>
    static abstract T Sin(T x);

    /// <summary>cos x, x in radians.</summary>
    static abstract T Cos(T x);

    /// <summary>The largest whole number that is at most x.</summary>
    static abstract T Floor(T x);

    /// <summary>a·b + c, to all digits where c nearly cancels a·b: what rounding a product or a sum has lost.</summary>
    static abstract T Residual(T a, T b, T c);

    /// <summary>eˣ, lane by lane.</summary>
    static abstract Vector<T> Exp(Vector<T> x);

    /// <summary>ln x, lane by lane.</summary>
    static abstract Vector<T> Log(Vector<T> x);

    /// <summary>tanh x, lane by lane.</summary>
    static abstract Vector<T> Tanh(Vector<T> x);

    /// <summary>erf x, lane by lane.</summary>
    static abstract Vector<T> Erf(Vector<T> x);

    /// <summary>erfc x, lane by lane.</summary>
    static abstract Vector<T> Erfc(Vector<T> x);

    /// <summary>The normal distribution, lane by lane.</summary>
    static abstract Vector<T> Normal(Vector<T> x);

    /// <summary>sin x, lane by lane.</summary>
    static abstract Vector<T> Sin(Vector<T> x);

    /// <summary>cos x, lane by lane.</summary>
    static abstract Vector<T> Cos(Vector<T> x);

    /// <summary>The largest whole number that is at most x, lane by lane.</summary>
    static abstract Vector<T> Floor(Vector<T> x);

    /// <summary>a·b + c, lane by lane, to all digits where c nearly cancels a·b.</summary>
    static abstract Vector<T> Residual(Vector<T> a, Vector<T> b, Vector<T> c);
}
