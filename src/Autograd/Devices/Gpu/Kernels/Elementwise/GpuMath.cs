using System.Numerics;
using ILGPU;
using ILGPU.Algorithms;

namespace ResearchFreeze.Autograd;

/// <summary>
/// The GPU's transcendental functions in float32, 1e-6 relative or better: the hardware's <c>ex2</c>, <c>lg2</c> and <c>tanh.approx</c> are not.
/// Polynomials of Cephes (Moshier), which need no fused multiply-add to be accurate and lose nothing where a compiler contracts to one. Only the scalar
/// forms run: a kernel has no vectors.
/// </summary>
public readonly struct GpuMath : IRealMath<float>
{
    // ln 2 in two parts; n·Ln2High is exact for every exponent n.
    private const float Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f;
    private const float Log2E = 1.44269504f;

    /// <inheritdoc/>
    public static float Exp(float x)
    {
        float t = x > 89f ? 89f : x < -104f ? -104f : x;             // infinity and 0 beyond; a NaN passes both comparisons
        float scaled = t * Log2E;
        int n = (int)(scaled + (scaled < 0 ? -0.5f : 0.5f));
        n = n > 129 ? 129 : n < -151 ? -151 : n;                      // what a NaN converts to is undefined
        float r = t - (n * Ln2High) - (n * Ln2Low);                   // |r| <= ln 2 / 2
        float p = 1.9875691500e-4f;
        p = (p * r) + 1.3981999507e-3f;
        p = (p * r) + 8.3334519073e-3f;
        p = (p * r) + 4.1665795894e-2f;
        p = (p * r) + 1.6666665459e-1f;
        p = (p * r) + 5.0000001201e-1f;
        float y = (p * r * r) + r + 1f;
        int half = n / 2;                                             // in two steps, so that subnormal results and 2^128 have a way
        return y * PowerOfTwo(half) * PowerOfTwo(n - half);
    }

    /// <inheritdoc/>
    public static float Log(float x)
    {
        bool isSubnormal = x < 1.17549435e-38f;
        float normal = isSubnormal ? x * 8388608f : x;
        uint bits = Interop.FloatAsInt(normal);
        int exponent = (int)(bits >> 23) - 126 - (isSubnormal ? 23 : 0);
        float m = Interop.IntAsFloat((bits & 0x007FFFFFu) | 0x3F000000u);   // [0.5, 1)
        bool isLow = m < 0.707106781f;
        exponent -= isLow ? 1 : 0;
        m = isLow ? m + m - 1f : m - 1f;
        float z = m * m;
        float p = 7.0376836292e-2f;
        p = (p * m) - 1.1514610310e-1f;
        p = (p * m) + 1.1676998740e-1f;
        p = (p * m) - 1.2420140846e-1f;
        p = (p * m) + 1.4249322787e-1f;
        p = (p * m) - 1.6668057665e-1f;
        p = (p * m) + 2.0000714765e-1f;
        p = (p * m) - 2.4999993993e-1f;
        p = (p * m) + 3.3333331174e-1f;
        float y = p * m * z;
        y += exponent * Ln2Low;
        y -= 0.5f * z;
        float result = m + y + (exponent * Ln2High);
        if (x == 0f) return Interop.IntAsFloat(0xFF800000u);          // −∞
        if (x < 0f) return Interop.IntAsFloat(0x7FC00000u);           // NaN
        return IsFinite(x) ? result : x;                              // ∞ and NaN stay
    }

    /// <inheritdoc/>
    public static float Tanh(float x)
    {
        float magnitude = x < 0f ? -x : x;
        float z = x * x;
        float p = -5.70498872745e-3f;
        p = (p * z) + 2.06390887954e-2f;
        p = (p * z) - 5.37397155531e-2f;
        p = (p * z) + 1.33314422036e-1f;
        p = (p * z) - 3.33332819422e-1f;
        float near = (p * z * x) + x;                                 // relative accuracy down to 0
        float far = 1f - (2f / (Exp(magnitude + magnitude) + 1f));
        return magnitude < 0.625f ? near : x < 0f ? -far : far;
    }

    /// <inheritdoc/>
    public static float Sqrt(float x) => XMath.Sqrt(x);

    /// <summary>Taylor's series where |x| &lt; 1, else 1 − erfc |x| with x's sign.</summary>
    public static float Erf(float x)
    {
        float magnitude = x < 0f ? -x : x, z = x * x;
        float p = 1.480719282e-08f;
        p = (p * z) - 1.636584469e-07f;
        p = (p * z) + 1.646211437e-06f;
        p = (p * z) - 1.492565036e-05f;
        p = (p * z) + 1.205533298e-04f;
        p = (p * z) - 8.548327023e-04f;
        p = (p * z) + 5.223977625e-03f;
        p = (p * z) - 2.686617065e-02f;
        p = (p * z) + 1.128379167e-01f;
        p = (p * z) - 3.761263890e-01f;
        float near = (p * z * x) + (1.128379167e+00f * x);
        float far = 1f - Tail(magnitude);
        return magnitude < 1f ? near : x < 0f ? -far : far;
    }

    /// <summary>erfc |x|, or 2 less that where x is negative.</summary>
    public static float Erfc(float x)
    {
        float tail = Tail(x < 0f ? -x : x);
        return x < 0f ? 2f - tail : tail;
    }

    /// <summary>½·e^−x²/2·t·polynomial(t), the tail as in <see cref="Erfc(float)"/>, from x² itself: the rounding of x/√2 alone would cost 1.5e-6 at −5.</summary>
    public static float Normal(float x)
    {
        float z = x < 0f ? -x : x;
        z = z > 15f ? 15f : z;                                        // 0 beyond
        float tail = Polynomial(1f / (1f + (0.35355339f * z))) * 0.5f * ExpOfSquare(z, -0.5f);
        return x > 0f ? 1f - tail : tail;
    }

    /// <inheritdoc/>
    public static float Sin(float x)
    {
        float wave = Wave(x < 0f ? -x : x, 0);
        return x < 0f ? -wave : wave;
    }

    /// <inheritdoc/>
    public static float Cos(float x) => Wave(x < 0f ? -x : x, 1);

    /// <inheritdoc/>
    public static float Floor(float x)
    {
        float magnitude = x < 0f ? -x : x;
        // Whole already, infinite or a NaN.
        if (!(magnitude < 8388608f)) return x;
        float whole = (int)x;
        return whole > x ? whole - 1f : whole;
    }

    /// <summary>Each factor in two parts of twelve bits: the product of the first parts is exact, contracted to a fused multiply-add or not, and so is its sum with c.</summary>
    public static float Residual(float a, float b, float c)
    {
        // c is a rounded product, mostly. Behind a comparison no compiler contracts that product into the sum, which would take away the rounding that is asked for.
        float rounded = c > 1e30f ? 1e30f : c;
        float highA = High(a), highB = High(b);
        return ((highA * highB) + rounded) + ((highA * (b - highB)) + ((a - highA) * b));
    }

    /// <inheritdoc/>
    public static Vector<float> Exp(Vector<float> x) => throw NoVectors();

    /// <inheritdoc/>
    public static Vector<float> Log(Vector<float> x) => throw NoVectors();

    /// <inheritdoc/>
    public static Vector<float> Tanh(Vector<float> x) => throw NoVectors();

    /// <inheritdoc/>
    public static Vector<float> Erf(Vector<float> x) => throw NoVectors();

    /// <inheritdoc/>
    public static Vector<float> Erfc(Vector<float> x) => throw NoVectors();

    /// <inheritdoc/>
    public static Vector<float> Normal(Vector<float> x) => throw NoVectors();

    /// <inheritdoc/>
    public static Vector<float> Sin(Vector<float> x) => throw NoVectors();

    /// <inheritdoc/>
    public static Vector<float> Cos(Vector<float> x) => throw NoVectors();

    /// <inheritdoc/>
    public static Vector<float> Floor(Vector<float> x) => throw NoVectors();

    /// <inheritdoc/>
    public static Vector<float> Residual(Vector<float> a, Vector<float> b, Vector<float> c) => throw NoVectors();

    /// <summary>Whether x is neither infinite nor a NaN: by its bits, which no optimiser rewrites.</summary>
    internal static bool IsFinite(float x) => (Interop.FloatAsInt(x) & 0x7F800000u) != 0x7F800000u;

    /// <summary>Whether x is a NaN.</summary>
    internal static bool IsNaN(float x) => (Interop.FloatAsInt(x) & 0x7FFFFFFFu) > 0x7F800000u;

    /// <summary>A NaN.</summary>
    internal static float NaN() => Interop.IntAsFloat(0x7FC00000u);

    /// <summary>The sine of x + quarters·π/2, for x ≥ 0: the nearest quarter of a turn is taken off, and the rest goes into the polynomial of the sine or the cosine.</summary>
    private static float Wave(float x, int quarters)
    {
        if (!IsFinite(x)) return NaN();
        int whole;
        float rest;
        if (x < QuarterTurns.Large)
        {
            whole = (int)((x * QuarterTurns.PerRadian) + 0.5f);
            // π/2 in three parts; n times the first two is exact.
            rest = x - (whole * QuarterTurns.High) - (whole * QuarterTurns.Middle) - (whole * QuarterTurns.Low);
        }
        else
        {
            rest = QuarterTurns.RestOfLarge(Interop.FloatAsInt(x), out whole);
        }
        whole += quarters;
        float z = rest * rest;
        float sine = (((((-1.9515295891e-4f * z) + 8.3321608736e-3f) * z) - 1.6666654611e-1f) * z * rest) + rest;
        float cosine = (((((2.443315711809948e-5f * z) - 1.388731625493765e-3f) * z) + 4.166664568298827e-2f) * z * z) - (0.5f * z) + 1f;
        float wave = (whole & 1) == 0 ? sine : cosine;
        return (whole & 2) == 0 ? wave : -wave;
    }

    /// <summary>erfc z, for z ≥ 0.</summary>
    private static float Tail(float z)
    {
        z = z > 11f ? 11f : z;                                        // 0 beyond
        return Polynomial(1f / (1f + (0.5f * z))) * ExpOfSquare(z, -1f);
    }

    /// <summary>e^z²·erfc z = t·polynomial(t) with t = 1 / (1 + z/2), for z ≥ 0: the polynomial of least relative error, 4.3e-8.</summary>
    private static float Polynomial(float t)
    {
        float p = -5.914891082e-02f;
        p = (p * t) + 2.849660177e-01f;
        p = (p * t) - 4.880117711e-01f;
        p = (p * t) + 2.789985994e-01f;
        p = (p * t) - 2.726924422e-02f;
        p = (p * t) + 2.029600412e-01f;
        p = (p * t) + 2.430344894e-01f;
        p = (p * t) + 2.823848641e-01f;
        p = (p * t) + 2.820858711e-01f;
        return p * t;
    }

    /// <summary>e^(factor·z²) for a power of two as the factor: with what rounding z² lost, which e^−25 would show.</summary>
    private static float ExpOfSquare(float z, float factor)
    {
        float square = z * z;
        return Exp(square * factor) * (1f + (factor * Residual(z, z, -square)));
    }

    /// <summary>The first twelve bits.</summary>
    private static float High(float x) => Interop.IntAsFloat(Interop.FloatAsInt(x) & 0xFFFFF000u);

    private static float PowerOfTwo(int n) => Interop.IntAsFloat((uint)(n + 127) << 23);

    private static NotSupportedException NoVectors() => new("A GPU kernel has no vectors: the scalar forms run.");
}
