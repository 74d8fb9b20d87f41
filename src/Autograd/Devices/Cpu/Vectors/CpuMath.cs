using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace ResearchFreeze.Autograd;

/// <summary>
/// The CPU's transcendental functions in float32, by polynomials: 1e-6 relative or better, subnormal results to one unit of the smallest float. NaN stays NaN.
/// The scalar forms are lane 0 of the vector forms, so both give the same bits. Coefficients are those of Cephes (Moshier, "Methods and Programs for
/// Mathematical Functions", 1989).
/// </summary>
public readonly struct CpuMath : IRealMath<float>
{
    /// <inheritdoc/>
    public static float Exp(float x) => Exp(new Vector<float>(x))[0];

    /// <inheritdoc/>
    public static float Log(float x) => Log(new Vector<float>(x))[0];

    /// <inheritdoc/>
    public static float Tanh(float x) => Tanh(new Vector<float>(x))[0];

    /// <inheritdoc/>
    public static float Sqrt(float x) => MathF.Sqrt(x);

    /// <inheritdoc/>
    public static float Erf(float x) => Erf(new Vector<float>(x))[0];

    /// <inheritdoc/>
    public static float Erfc(float x) => Erfc(new Vector<float>(x))[0];

    /// <inheritdoc/>
    public static float Normal(float x) => Normal(new Vector<float>(x))[0];

    /// <inheritdoc/>
    public static float Sin(float x) => Sin(new Vector<float>(x))[0];

    /// <inheritdoc/>
    public static float Cos(float x) => Cos(new Vector<float>(x))[0];

    /// <inheritdoc/>
    public static float Floor(float x) => MathF.Floor(x);

    /// <inheritdoc/>
    public static float Residual(float a, float b, float c) => Residual(new Vector<float>(a), new Vector<float>(b), new Vector<float>(c))[0];

    /// <summary>eˣ = 2ⁿ·eʳ with n = round(x / ln 2) and |r| ≤ ln 2 / 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Exp(Vector<float> x)
    {
        // Beyond these the result is 0 or infinite anyway, and n stays small. One instruction each, whatever NaN becomes: it is put back at the end.
        Vector<float> clamped = Vector.MinNative(Vector.MaxNative(x, new Vector<float>(-105f)), new Vector<float>(89f));
        return Vector.ConditionalSelect(Vector.Equals(x, x), ExpWithin(clamped), x);
    }

    /// <summary>eˣ for x from −121 to 89, and NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> ExpWithin(Vector<float> x)
    {
        // Adding 1.5·2²³ leaves the integer in the low bits; subtracting it again gives it as a float.
        var magic = new Vector<float>(12582912f);
        Vector<float> shifted = Fma(x, new Vector<float>(1.44269504088896341f), magic);
        Vector<float> n = shifted - magic;

        // ln 2 in two parts; n times the first is exact.
        Vector<float> r = Fma(n, new Vector<float>(-0.693359375f), x);
        r = Fma(n, new Vector<float>(2.12194440e-4f), r);
        var p = new Vector<float>(1.9875691500e-4f);
        p = Fma(p, r, new Vector<float>(1.3981999507e-3f));
        p = Fma(p, r, new Vector<float>(8.3334519073e-3f));
        p = Fma(p, r, new Vector<float>(4.1665795894e-2f));
        p = Fma(p, r, new Vector<float>(1.6666665459e-1f));
        p = Fma(p, r, new Vector<float>(5.0000001201e-1f));
        p = Fma(p, r * r, r) + Vector<float>.One;
        return Scaled(p, n, shifted.As<float, int>() - magic.As<float, int>());
    }

    /// <summary>p·2ⁿ, n as a float and as an integer: one instruction where there is one, which rounds subnormal results as two factors do.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Scaled(Vector<float> p, Vector<float> n, Vector<int> exponent)
    {
        if (Avx512F.VL.IsSupported && Vector<float>.Count == Vector256<float>.Count) return Avx512F.VL.Scale(p.AsVector256(), n.AsVector256()).AsVector();
        // Two factors, each a normal number, so that subnormal and infinite results come out right.
        Vector<int> half = Vector.ShiftRightArithmetic(exponent, 1);
        return p * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <summary>The same bits from wider vectors, where there are such: 2ⁿ is one instruction, which rounds subnormal results as two factors do.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        // The second operand is the result where one is NaN.
        Vector512<float> clamped = Avx512F.Min(Vector512.Create(89f), Avx512F.Max(Vector512.Create(-105f), x));
        Vector512<float> magic = Vector512.Create(12582912f), n = Vector512.FusedMultiplyAdd(clamped, Vector512.Create(1.44269504088896341f), magic) - magic;
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693359375f), clamped);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(2.12194440e-4f), r);
        Vector512<float> p = Vector512.Create(1.9875691500e-4f);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.3981999507e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(8.3334519073e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(4.1665795894e-2f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.6666665459e-1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(5.0000001201e-1f));
        return Avx512F.Scale(Vector512.FusedMultiplyAdd(p, r * r, r) + Vector512<float>.One, n);
    }

    /// <summary>ln x = e·ln 2 + ln m with x = m·2ᵉ and m in [√½, √2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Log(Vector<float> x)
    {
        // Subnormal numbers are made normal first.
        Vector<int> tiny = Vector.LessThan(x, new Vector<float>(1.17549435e-38f));
        Vector<float> scaled = Vector.ConditionalSelect(tiny, x * new Vector<float>(8388608f), x);
        Vector<int> bits = scaled.As<float, int>();

        // Subtracting the bits of √½ puts the cut between two exponents there.
        Vector<int> offset = bits - new Vector<int>(0x3F3504F3);
        Vector<int> exponent = Vector.ShiftRightArithmetic(offset, 23);
        Vector<float> m = (bits - (exponent << 23)).As<int, float>();
        Vector<float> e = Vector.ConvertToSingle(exponent) - Vector.ConditionalSelect(tiny, new Vector<float>(23f), Vector<float>.Zero);

        Vector<float> f = m - Vector<float>.One, z = f * f;
        var p = new Vector<float>(7.0376836292e-2f);
        p = Fma(p, f, new Vector<float>(-1.1514610310e-1f));
        p = Fma(p, f, new Vector<float>(1.1676998740e-1f));
        p = Fma(p, f, new Vector<float>(-1.2420140846e-1f));
        p = Fma(p, f, new Vector<float>(1.4249322787e-1f));
        p = Fma(p, f, new Vector<float>(-1.6668057665e-1f));
        p = Fma(p, f, new Vector<float>(2.0000714765e-1f));
        p = Fma(p, f, new Vector<float>(-2.4999993993e-1f));
        p = Fma(p, f, new Vector<float>(3.3333331174e-1f));
        Vector<float> low = Fma(e, new Vector<float>(-2.12194440e-4f), p * f * z);
        low = Fma(z, new Vector<float>(-0.5f), low);
        Vector<float> result = Fma(e, new Vector<float>(0.693359375f), f + low);

        result = Vector.ConditionalSelect(Vector.Equals(x, new Vector<float>(float.PositiveInfinity)), x, result);
        result = Vector.ConditionalSelect(Vector.Equals(x, Vector<float>.Zero), new Vector<float>(float.NegativeInfinity), result);
        return Vector.ConditionalSelect(Vector.GreaterThanOrEqual(x, Vector<float>.Zero), result, new Vector<float>(float.NaN));
    }

    /// <summary>An odd polynomial where |x| &lt; 0.625, else 1 − 2 / (e²ˣ + 1) with x's sign: the second alone would lose all digits near 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Tanh(Vector<float> x)
    {
        Vector<float> z = x * x;
        var p = new Vector<float>(-5.70498872745e-3f);
        p = Fma(p, z, new Vector<float>(2.06390887954e-2f));
        p = Fma(p, z, new Vector<float>(-5.37397155531e-2f));
        p = Fma(p, z, new Vector<float>(1.33314422036e-1f));
        p = Fma(p, z, new Vector<float>(-3.33332819422e-1f));
        Vector<float> near = Fma(p * z, x, x);

        Vector<float> magnitude = Vector.Abs(x);
        Vector<float> far = Vector<float>.One - (new Vector<float>(2f) / (ExpWithin(AtMost(magnitude + magnitude, 89f)) + Vector<float>.One));
        far = Vector.BitwiseOr(far, Vector.BitwiseAnd(x, new Vector<float>(-0f)));
        return Vector.ConditionalSelect(Vector.LessThan(magnitude, new Vector<float>(0.625f)), near, far);
    }

    /// <summary>Taylor's series where |x| &lt; 1, else 1 − erfc |x| with x's sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Erf(Vector<float> x)
    {
        Vector<float> magnitude = Vector.Abs(x), z = x * x;
        var p = new Vector<float>(1.480719282e-08f);
        p = Fma(p, z, new Vector<float>(-1.636584469e-07f));
        p = Fma(p, z, new Vector<float>(1.646211437e-06f));
        p = Fma(p, z, new Vector<float>(-1.492565036e-05f));
        p = Fma(p, z, new Vector<float>(1.205533298e-04f));
        p = Fma(p, z, new Vector<float>(-8.548327023e-04f));
        p = Fma(p, z, new Vector<float>(5.223977625e-03f));
        p = Fma(p, z, new Vector<float>(-2.686617065e-02f));
        p = Fma(p, z, new Vector<float>(1.128379167e-01f));
        p = Fma(p, z, new Vector<float>(-3.761263890e-01f));
        Vector<float> near = Fma(p * z, x, x * 1.128379167e+00f);

        Vector<float> far = Vector<float>.One - Tail(magnitude);
        far = Vector.BitwiseOr(far, Vector.BitwiseAnd(x, new Vector<float>(-0f)));
        return Vector.ConditionalSelect(Vector.LessThan(magnitude, Vector<float>.One), near, far);
    }

    /// <summary>erfc |x|, or 2 less that where x is negative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Erfc(Vector<float> x)
    {
        Vector<float> tail = Tail(Vector.Abs(x));
        return Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), new Vector<float>(2f) - tail, tail);
    }

    /// <summary>½·e^−x²/2·t·polynomial(t), the tail as in <see cref="Erfc(Vector{float})"/>, from x² itself: the rounding of x/√2 alone would cost 1.5e-6 at −5.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Normal(Vector<float> x)
    {
        Vector<float> z = AtMost(Vector.Abs(x), 15f);                                                               // 0 beyond
        Vector<float> t = Vector<float>.One / Fma(z, new Vector<float>(0.35355339f), Vector<float>.One);
        Vector<float> tail = Polynomial(t) * 0.5f * ExpOfSquare(z, -0.5f);
        return Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<float>.Zero), Vector<float>.One - tail, tail);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Floor(Vector<float> x) => Vector.Floor(x);

    /// <inheritdoc/>
    public static Vector<float> Sin(Vector<float> x) => Wave(x, Vector.BitwiseAnd(x.As<float, int>(), new Vector<int>(int.MinValue)), 0);

    /// <inheritdoc/>
    public static Vector<float> Cos(Vector<float> x) => Wave(x, Vector<int>.Zero, 1);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Residual(Vector<float> a, Vector<float> b, Vector<float> c)
    {
        if (System.Runtime.Intrinsics.X86.Fma.IsSupported || AdvSimd.IsSupported) return Vector.FusedMultiplyAdd(a, b, c);
        // Each factor in two parts of twelve bits: the product of the first parts is exact, and so is its sum with c.
        Vector<float> highA = High(a), highB = High(b);
        return ((highA * highB) + c) + ((highA * (b - highB)) + ((a - highA) * b));
    }

    /// <summary>The sine of |x| + quarters·π/2 with a sign turned: the nearest quarter of a turn is taken off, and the rest goes into the polynomial of the sine or the cosine.</summary>
    private static Vector<float> Wave(Vector<float> x, Vector<int> sign, int quarters)
    {
        Vector<float> magnitude = Vector.Abs(x);
        var magic = new Vector<float>(12582912f);
        Vector<float> shifted = Fma(magnitude, new Vector<float>(QuarterTurns.PerRadian), magic), n = shifted - magic;
        Vector<int> quarter = shifted.As<float, int>() - magic.As<float, int>();
        // π/2 in three parts; n times the first two is exact.
        Vector<float> rest = Fma(n, new Vector<float>(-QuarterTurns.Middle), Fma(n, new Vector<float>(-QuarterTurns.High), magnitude)) - (n * new Vector<float>(QuarterTurns.Low));
        if (Vector.GreaterThanOrEqualAny(magnitude, new Vector<float>(QuarterTurns.Large)))
        {
            for (int lane = 0; lane < Vector<float>.Count; lane++)
            {
                if (!(magnitude[lane] >= QuarterTurns.Large)) continue;
                float left = QuarterTurns.RestOfLarge(BitConverter.SingleToUInt32Bits(magnitude[lane]), out int whole);
                rest = rest.WithElement(lane, float.IsFinite(magnitude[lane]) ? left : float.NaN);
                quarter = quarter.WithElement(lane, whole);
            }
        }
        quarter += new Vector<int>(quarters);
        Vector<float> z = rest * rest;
        Vector<float> sine = Fma(Fma(Fma(new Vector<float>(-1.9515295891e-4f), z, new Vector<float>(8.3321608736e-3f)), z, new Vector<float>(-1.6666654611e-1f)) * z, rest, rest);
        Vector<float> cosine = Fma(Fma(new Vector<float>(2.443315711809948e-5f), z, new Vector<float>(-1.388731625493765e-3f)), z, new Vector<float>(4.166664568298827e-2f));
        cosine = Fma(cosine * z, z, Fma(z, new Vector<float>(-0.5f), Vector<float>.One));
        Vector<float> wave = Vector.ConditionalSelect(Vector.Equals(quarter & Vector<int>.One, Vector<int>.Zero), sine, cosine);
        // The second half of a turn is the first, negative.
        return (wave.As<float, int>() ^ sign ^ ((quarter & new Vector<int>(2)) << 30)).As<int, float>();
    }

    /// <summary>erfc z, for z ≥ 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Tail(Vector<float> z)
    {
        z = AtMost(z, 11f);                                                                                         // 0 beyond
        return Polynomial(Vector<float>.One / Fma(z, new Vector<float>(0.5f), Vector<float>.One)) * ExpOfSquare(z, -1f);
    }

    /// <summary>e^z²·erfc z = t·polynomial(t) with t = 1 / (1 + z/2), for z ≥ 0: the polynomial of least relative error, 4.3e-8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Polynomial(Vector<float> t)
    {
        var p = new Vector<float>(-5.914891082e-02f);
        p = Fma(p, t, new Vector<float>(2.849660177e-01f));
        p = Fma(p, t, new Vector<float>(-4.880117711e-01f));
        p = Fma(p, t, new Vector<float>(2.789985994e-01f));
        p = Fma(p, t, new Vector<float>(-2.726924422e-02f));
        p = Fma(p, t, new Vector<float>(2.029600412e-01f));
        p = Fma(p, t, new Vector<float>(2.430344894e-01f));
        p = Fma(p, t, new Vector<float>(2.823848641e-01f));
        p = Fma(p, t, new Vector<float>(2.820858711e-01f));
        return p * t;
    }

    /// <summary>e^(factor·z²) for a power of two as the factor: with what rounding z² lost, which e^−25 would show.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> ExpOfSquare(Vector<float> z, float factor)
    {
        Vector<float> square = z * z;
        return ExpWithin(square * factor) * Fma(Residual(z, z, -square), new Vector<float>(factor), Vector<float>.One);
    }

    /// <summary>The lesser of both. NaN stays: where one operand is one, processors give the second, or NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> AtMost(Vector<float> x, float most) => Vector.MinNative(new Vector<float>(most), x);

    /// <summary>The first twelve bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> High(Vector<float> x) => Vector.BitwiseAnd(x.As<float, int>(), new Vector<int>(unchecked((int)0xFFFFF000))).As<int, float>();

    /// <summary>a·b + c: fused where the hardware can. Without that, two roundings; the constants above leave room for either.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Fma(Vector<float> a, Vector<float> b, Vector<float> c) => Vector.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> PowerOfTwo(Vector<int> n) => ((n + new Vector<int>(127)) << 23).As<int, float>();
}
