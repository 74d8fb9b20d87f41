using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>
/// Products and convolutions on AVX-512's tiles of 12×32, also on processors without it, where the runtime emulates the instructions: the same as on tiles of 6×8, and nothing written beside the result. What depends on a
/// tile's size is so checked on any machine.
/// </summary>
public sealed unsafe class WideTileTests : IDisposable
{
    private const double Tolerance = 1e-5;
    private const float Guard = 7;
    private const int MostElements = 20_000;
    private readonly CpuThreads threads = new(2);

    public void Dispose() => threads.Dispose();

    [Fact]
    public void Products()
    {
        using var wide = new CpuGemm<GemmAvx512>(threads);
        using var narrow = new CpuGemm<GemmVector128>(threads);
        foreach ((int m, int n, int k) in (ReadOnlySpan<(int, int, int)>)[(1, 1, 1), (13, 33, 5), (12, 32, 300), (25, 70, 40), (3, 200, 17), (70, 10, 40), (50, 64, 0)])
        {
            foreach ((bool ta, bool tb) in (ReadOnlySpan<(bool, bool)>)[(false, false), (true, false), (false, true), (true, true)])
            {
                GemmShape shape = GemmShape.Of(m, n, k, ta, tb);
                float[] a = Draw(m * k), b = Draw(k * n), bias = Draw(n);
                foreach (float beta in (ReadOnlySpan<float>)[0, 0.5f])
                {
                    Same($"{shape} beta {beta}", m * n, beta, (values, isWide) =>
                    {
                        fixed (float* pa = a, pb = b, pc = values, p = bias) (isWide ? (CpuGemm)wide : narrow).Multiply(shape, pa, pb, pc, beta, p, beta == 0 ? Activation.Tanh : Activation.None);
                    });
                }
            }
        }
    }

    [Fact]
    public void Convolutions()
    {
        using CpuGemm wideGemm = new CpuGemm<GemmAvx512>(threads), narrowGemm = new CpuGemm<GemmVector128>(threads);
        using CpuConvolution wide = new CpuConvolution<GemmAvx512>(threads, wideGemm), narrow = new CpuConvolution<GemmVector128>(threads, narrowGemm);
        int tried = 0;
        foreach (Conv2dShape shape in ConvolutionShapes.For(new CaseSizes(0, MostElements, 30)))
        {
            tried++;
            float[] x = Draw(shape.InputCount), w = Draw(shape.WeightCount), dy = Draw(shape.OutputCount), bias = Draw(shape.Outputs);
            fixed (float* px = x, pw = w, pdy = dy, pb = bias)
            {
                // Addresses as numbers: a lambda cannot hold pointers that are fixed.
                (nint ax, nint aw, nint ady, nint ab) = ((nint)px, (nint)pw, (nint)pdy, (nint)pb);
                Same($"{shape} forward", shape.OutputCount, 0, (values, isWide) =>
                {
                    fixed (float* y = values) (isWide ? wide : narrow).Forward(shape, (float*)ax, (float*)aw, (float*)ab, y, Activation.None);
                });
                Same($"{shape} input gradient", shape.InputCount, 1, (values, isWide) =>
                {
                    fixed (float* dx = values) (isWide ? wide : narrow).InputGradient(shape, (float*)ady, (float*)aw, dx, 1);
                });
                Same($"{shape} weight gradient", shape.WeightCount, 0, (values, isWide) =>
                {
                    fixed (float* dw = values) (isWide ? wide : narrow).WeightGradient(shape, (float*)ax, (float*)ady, dw, 0);
                });
            }
        }
        Assert.True(tried > 50, $"Only {tried} convolutions are small enough.");
    }

    private static void Same(string label, int count, float beta, Action<float[], bool> run)
    {
        float[] start = beta == 0 ? [.. Enumerable.Repeat(float.NaN, count)] : Draw(count), expected = [.. start, Guard], found = [.. start, Guard];
        run(expected, false);
        run(found, true);
        double scale = count == 0 ? 1 : Math.Max(1, expected[..count].Max(Math.Abs));
        for (int i = 0; i <= count; i++)
        {
            double allowed = i == count ? 0 : Tolerance * scale;
            if (!(Math.Abs(expected[i] - found[i]) <= allowed)) Assert.Fail($"{label}: element {i} of {count} is {found[i]:R}, expected {expected[i]:R}.");
        }
    }

    private static float[] Draw(int count)
    {
        var random = new RandomStream(9, "wide");
        var values = new float[count];
        for (int i = 0; i < count; i++) values[i] = (float)random.NextDouble() - 0.5f;
        return values;
    }
}
