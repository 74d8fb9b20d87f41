using System.Numerics;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>The promise is 1e-6 relative everywhere, on the host (the same code) over a fine grid and on a device over a coarse one.</summary>
[Collection("gpu")]
public sealed class GpuMathTests(GpuFixture fixture)
{
    private const float Infinity = float.PositiveInfinity;

    public static TheoryData<string> Functions => ["exp", "log", "tanh", "sqrt", "erf", "erfc", "normal", "sin", "cos", "floor"];

    [Theory]
    [MemberData(nameof(Functions))]
    public void IsAccurateOnTheHost(string name)
    {
        (Func<float, float> actual, Func<double, double> expected, _) = Of(name);
        foreach (float x in Grid(2003)) Compare(name, x, expected(x), actual(x));
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void IsAccurateOnOpenCl(string name) => OnDevice(fixture.OpenCl, name, [.. Grid(20011)]);

    private static readonly MapKernel
        Erfc = MapKernel.Of("erfc", MapUse.Input, new ErfcOp<double, DoubleMath>(), new ErfcOp<float, CpuMath>(), new ErfcOp<float, GpuMath>()),
        Normal = MapKernel.Of("normal", MapUse.Input, new NormalOp<double, DoubleMath>(), new NormalOp<float, CpuMath>(), new NormalOp<float, GpuMath>());

    internal static void OnDevice(Device device, string name, float[] values)
    {
        (_, Func<double, double> expected, MapKernel kernel) = Of(name);
        Storage x = device.Rent(ElementKind.Real, values.Length, MemoryKind.Activation), y = device.Rent(ElementKind.Real, values.Length, MemoryKind.Activation);
        device.Upload(values, new TensorRange(x, 0, values.Length));
        device.Map(kernel, new TensorRange(x, 0, values.Length), new TensorRange(y, 0, values.Length));
        var results = new float[values.Length];
        device.Download(new TensorRange(y, 0, values.Length), results);
        x.Release();
        y.Release();
        for (int i = 0; i < values.Length; i++) Compare(name, values[i], expected(values[i]), results[i]);
    }

    private static (Func<float, float> Actual, Func<double, double> Expected, MapKernel Kernel) Of(string name) => name switch
    {
        "exp" => (GpuMath.Exp, Math.Exp, MapKernels.Exp),
        "log" => (GpuMath.Log, Math.Log, MapKernels.Log),
        "tanh" => (GpuMath.Tanh, Math.Tanh, MapKernels.Tanh),
        "erf" => (GpuMath.Erf, DoubleMath.Erf, MapKernels.Erf),
        "erfc" => (GpuMath.Erfc, DoubleMath.Erfc, Erfc),
        "normal" => (GpuMath.Normal, DoubleMath.Normal, Normal),
        "sin" => (GpuMath.Sin, Math.Sin, MapKernels.Sin),
        "cos" => (GpuMath.Cos, Math.Cos, MapKernels.Cos),
        "floor" => (GpuMath.Floor, Math.Floor, MapKernels.Floor),
        _ => (GpuMath.Sqrt, Math.Sqrt, MapKernels.Sqrt),
    };

    /// <summary>The special values, the neighbourhoods of 0, 1 and the ends of exp, and every step-th of all floats there are.</summary>
    internal static IEnumerable<float> Grid(uint step)
    {
        foreach (float x in new[] { 0, -0f, 1, -1, Infinity, -Infinity, float.NaN, float.Epsilon, -float.Epsilon, float.MaxValue, float.MinValue, 88.72284f, 88.73f, -87.3f, -103.9f, -104.5f }) yield return x;
        for (int i = -500; i <= 500; i++)
        {
            yield return 1 + (i * 1e-6f);
            yield return 1 + (i * 1e-3f);
            yield return i * 1e-3f;
            yield return i * 0.21f;
        }
        for (ulong bits = 0; bits <= uint.MaxValue; bits += step) yield return BitConverter.UInt32BitsToSingle((uint)bits);
    }

    private static void Compare(string name, float x, double expected, float actual)
    {
        float rounded = (float)expected;
        if (float.IsNaN(rounded) ? float.IsNaN(actual) : rounded == actual) return;
        // Below the normal range a float has fewer digits: one unit in the last place.
        double allowed = Math.Max(1e-6 * Math.Abs(expected), 1.5e-45);
        bool nearOverflow = float.IsInfinity(rounded) && actual > 3.4028e38f;
        if (!nearOverflow && !(Math.Abs(expected - actual) <= allowed)) Assert.Fail($"{name}({x:R}): expected {expected:R}, found {actual:R}.");
    }
}

/// <summary>The same over a grid that a simulator is fast enough for.</summary>
[Collection("simulator")]
public sealed class GpuSimulatorMathTests(SimulatorFixture fixture)
{
    [Theory]
    [MemberData(nameof(GpuMathTests.Functions), MemberType = typeof(GpuMathTests))]
    public void IsAccurateOnTheSimulator(string name) => GpuMathTests.OnDevice(fixture.Device, name, [.. GpuMathTests.Grid(20000003)]);
}

/// <summary>erf alone.</summary>
public readonly struct ErfOp<T, TMath> : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    public T Apply(T x) => TMath.Erf(x);

    public T Derivative(T x, T y) => T.One;

    public Vector<T> Apply(Vector<T> x) => TMath.Erf(x);

    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => Vector<T>.One;
}

/// <summary>erfc alone, which operations use within their formulas.</summary>
public readonly struct ErfcOp<T, TMath> : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    public T Apply(T x) => TMath.Erfc(x);

    public T Derivative(T x, T y) => T.One;

    public Vector<T> Apply(Vector<T> x) => TMath.Erfc(x);

    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => Vector<T>.One;
}

/// <summary>The normal distribution alone, which operations use within their formulas.</summary>
public readonly struct NormalOp<T, TMath> : IMapOp<T>
    where T : unmanaged, INumber<T>
    where TMath : struct, IRealMath<T>
{
    public T Apply(T x) => TMath.Normal(x);

    public T Derivative(T x, T y) => T.One;

    public Vector<T> Apply(Vector<T> x) => TMath.Normal(x);

    public Vector<T> Derivative(Vector<T> x, Vector<T> y) => Vector<T>.One;
}
