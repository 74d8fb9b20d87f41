using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>The CPU's exp, log, tanh, erf, erfc, normal distribution, sine, cosine and floor against double, over every exponent.</summary>
[EverySimdLevel]
public sealed class CpuDeviceMathTests
{
    private const double Smallest = 1.401298464324817e-45;

    [Fact]
    public void ExpIsAccurate() => Check("exp", CpuMath.Exp, CpuMath.Exp, Math.Exp);

    [Fact]
    public void WiderExpHasTheSameBits()
    {
        if (!Avx512F.IsSupported) return;      // what calls it asks too
        for (long bits = 0; bits < 1L << 32; bits += 9973 * 16)
        {
            Vector512<float> x = (Vector512.Create((uint)bits) + (Vector512<uint>.Indices * 9973)).AsSingle();
            Vector512<float> wide = CpuMath.Exp(x);
            for (int lane = 0; lane < 16; lane++)
            {
                float expected = CpuMath.Exp(x[lane]);
                Assert.True(expected.Equals(wide[lane]), $"exp {x[lane]:R}: expected {expected:R}, found {wide[lane]:R}");
            }
        }
    }

    [Fact]
    public void LogIsAccurate() => Check("log", CpuMath.Log, CpuMath.Log, Math.Log);

    [Fact]
    public void TanhIsAccurate() => Check("tanh", CpuMath.Tanh, CpuMath.Tanh, Math.Tanh);

    [Fact]
    public void ErfIsAccurate() => Check("erf", CpuMath.Erf, CpuMath.Erf, DoubleMath.Erf);

    [Fact]
    public void ErfcIsAccurate() => Check("erfc", CpuMath.Erfc, CpuMath.Erfc, DoubleMath.Erfc);

    [Fact]
    public void NormalIsAccurate() => Check("normal", CpuMath.Normal, CpuMath.Normal, DoubleMath.Normal);

    [Fact]
    public void SinIsAccurate() => Check("sin", CpuMath.Sin, CpuMath.Sin, Math.Sin);

    [Fact]
    public void CosIsAccurate() => Check("cos", CpuMath.Cos, CpuMath.Cos, Math.Cos);

    [Fact]
    public void FloorIsExact() => Check("floor", CpuMath.Floor, CpuMath.Floor, Math.Floor);

    [Theory]
    [InlineData(-1, 1.8427007929497149)]
    [InlineData(1, 0.15729920705028513)]
    [InlineData(2, 0.0046777349810472658)]
    [InlineData(2.5, 0.00040695201744495894)]
    [InlineData(5, 1.5374597944280349e-12)]
    [InlineData(10, 2.0884875837625448e-45)]
    public void TheReferencesErfcIsThatOfTheTables(double x, double expected) => Assert.Equal(expected, DoubleMath.Erfc(x), Math.Abs(expected) * 1e-13);

    [Theory]
    [InlineData(0.5, 0.5204998778130465)]
    [InlineData(1, 0.8427007929497149)]
    [InlineData(-2, -0.9953222650189527)]
    [InlineData(3.5, 0.9999992569016276)]
    [InlineData(1e-9, 1.1283791670955126e-9)]
    public void TheReferencesErfIsThatOfTheTables(double x, double expected) => Assert.Equal(expected, DoubleMath.Erf(x), Math.Abs(expected) * 1e-14);

    private static void Check(string name, Func<Vector<float>, Vector<float>> function, Func<float, float> scalar, Func<double, double> exact)
    {
        double worst = 0;
        float worstAt = 0;
        foreach (float x in Inputs())
        {
            float found = function(new Vector<float>(x))[Vector<float>.Count - 1];
            double expected = exact(x);
            Assert.Equal(BitConverter.SingleToInt32Bits(found), BitConverter.SingleToInt32Bits(scalar(x)));
            if (!float.IsFinite((float)expected) || expected == 0)
            {
                Assert.True(((float)expected).Equals(found), $"{name}({x:R}) is {found:R}, expected {(float)expected:R}");
                continue;
            }
            double error = Math.Abs(found - expected);
            if (error <= Smallest) continue;        // subnormal results have fewer digits
            double relative = error / Math.Abs(expected);
            if (relative > worst) (worst, worstAt) = (relative, x);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: largest relative error {worst:E2}, at {worstAt:R}");
        Assert.True(worst <= 1e-6, $"{name}({worstAt:R}): relative error {worst:E2}");
    }

    /// <summary>Every exponent and sign, denser where functions are used, and the special values.</summary>
    private static IEnumerable<float> Inputs()
    {
        for (long bits = 0; bits <= uint.MaxValue; bits += CpuDeviceProcessTests.IsChild ? 200_003 : 20_011) yield return BitConverter.UInt32BitsToSingle((uint)bits);
        for (int i = -220_000; i <= 220_000; i += CpuDeviceProcessTests.IsChild ? 97 : 7) yield return i / 2000f;
        for (int i = -3000; i <= 3000; i++) yield return 1 + (i * 5.9604645e-8f);
        float[] special = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.MinValue, float.Epsilon, 1.17549435e-38f, 0f, -0f];
        float[] edges = [0.625f, 88.72283f, 88.7229f, -103.97f, -103.98f];
        foreach (float x in special.Concat(edges)) yield return x;
    }
}
