using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ResearchFreeze.Autograd;

/// <summary>
/// The processor's peak at one SIMD level: multiply-adds on twelve independent registers and nothing else, on every thread at once. Twelve chains cover a latency of
/// six cycles on two units; the operands lie between 0 and 1 and settle, so that no sum overflows or becomes denormal.
/// </summary>
internal static class MultiplyAddPeak
{
    private const int Chains = 12;
    private const int Iterations = 400_000;
    private const int Runs = 31;

    /// <summary>Floating-point operations a second on all of the threads, the best of several runs; a multiply-add counts as two.</summary>
    public static double Measure(CpuThreads threads, SimdLevel level)
    {
        double best = 0, flops = 2.0 * Chains * Iterations * Width(level) * threads.Count;
        for (int run = 0; run < Runs; run++)
        {
            var work = new Work { Level = level };
            long start = Stopwatch.GetTimestamp();
            threads.Run(ref work, threads.Count);
            best = Math.Max(best, flops / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return best;
    }

    private static int Width(SimdLevel level) => level switch
    {
        SimdLevel.Avx512 => Vector512<float>.Count,
        SimdLevel.Avx2 => Vector256<float>.Count,
        _ => Vector128<float>.Count,
    };

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Wide512()
    {
        Vector512<float> x = Vector512.Create(0.75f), y = Vector512.Create(0.125f);
        Vector512<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (int n = 0; n < Iterations; n++)
        {
            (a, b, c, d) = (Vector512.FusedMultiplyAdd(a, x, y), Vector512.FusedMultiplyAdd(b, x, y), Vector512.FusedMultiplyAdd(c, x, y), Vector512.FusedMultiplyAdd(d, x, y));
            (e, f, g, h) = (Vector512.FusedMultiplyAdd(e, x, y), Vector512.FusedMultiplyAdd(f, x, y), Vector512.FusedMultiplyAdd(g, x, y), Vector512.FusedMultiplyAdd(h, x, y));
            (i, j, k, l) = (Vector512.FusedMultiplyAdd(i, x, y), Vector512.FusedMultiplyAdd(j, x, y), Vector512.FusedMultiplyAdd(k, x, y), Vector512.FusedMultiplyAdd(l, x, y));
        }
        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Wide256()
    {
        Vector256<float> x = Vector256.Create(0.75f), y = Vector256.Create(0.125f);
        Vector256<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (int n = 0; n < Iterations; n++)
        {
            (a, b, c, d) = (Vector256.FusedMultiplyAdd(a, x, y), Vector256.FusedMultiplyAdd(b, x, y), Vector256.FusedMultiplyAdd(c, x, y), Vector256.FusedMultiplyAdd(d, x, y));
            (e, f, g, h) = (Vector256.FusedMultiplyAdd(e, x, y), Vector256.FusedMultiplyAdd(f, x, y), Vector256.FusedMultiplyAdd(g, x, y), Vector256.FusedMultiplyAdd(h, x, y));
            (i, j, k, l) = (Vector256.FusedMultiplyAdd(i, x, y), Vector256.FusedMultiplyAdd(j, x, y), Vector256.FusedMultiplyAdd(k, x, y), Vector256.FusedMultiplyAdd(l, x, y));
        }
        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    // Fused where the hardware can, as the products of this level are.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Wide128()
    {
        Vector128<float> x = Vector128.Create(0.75f), y = Vector128.Create(0.125f);
        Vector128<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (int n = 0; n < Iterations; n++)
        {
            (a, b, c, d) = (Vector128.MultiplyAddEstimate(a, x, y), Vector128.MultiplyAddEstimate(b, x, y), Vector128.MultiplyAddEstimate(c, x, y), Vector128.MultiplyAddEstimate(d, x, y));
            (e, f, g, h) = (Vector128.MultiplyAddEstimate(e, x, y), Vector128.MultiplyAddEstimate(f, x, y), Vector128.MultiplyAddEstimate(g, x, y), Vector128.MultiplyAddEstimate(h, x, y));
            (i, j, k, l) = (Vector128.MultiplyAddEstimate(i, x, y), Vector128.MultiplyAddEstimate(j, x, y), Vector128.MultiplyAddEstimate(k, x, y), Vector128.MultiplyAddEstimate(l, x, y));
        }
        return Vector128.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    private struct Work : IParallelWork
    {
        public SimdLevel Level;

        public readonly void Run(int part, int worker)
        {
            float sum = Level switch
            {
                SimdLevel.Avx512 => Wide512(),
                SimdLevel.Avx2 => Wide256(),
                _ => Wide128(),
            };

            // Keeps the loop from being dropped, and costs one comparison.
            if (float.IsNaN(sum)) throw new InvalidOperationException("cpu: the multiply-add benchmark found a NaN.");
        }
    }
}
