using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ResearchFreeze.Autograd;

// Rows that lie anywhere, each by its address: the pixels under a convolution's kernel.
internal static unsafe partial class GemmPacking
{
    /// <summary>Elements behind a panel that are written, and addresses behind the panel's rows that must be readable.</summary>
    public const int Overhang = 2;

    /// <summary>
    /// A panel of <paramref name="width"/> rows that run along k: to[k·width + i] = from[i][k]. May write up to <see cref="Overhang"/> elements behind its end.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gathered(float** from, int k, float* to, int width)
    {
        int i = 0;
        if (Avx.IsSupported && width == 8 - Overhang)
        {
            // Eight rows at once although six are wanted: of each k, the last two elements are overwritten by the next k's first.
            Eight(from, k, to, width);
            return;
        }
        if (Avx.IsSupported)
        {
            for (; i <= width - 8; i += 8) Eight(from + i, k, to + i, width);
        }
        if (Sse.IsSupported)
        {
            for (; i <= width - 4; i += 4) Four(from + i, k, to + i, width);
        }
        for (; i < width; i++)
        {
            float* row = from[i], at = to + i;
            for (int j = 0; j < k; j++, at += width) *at = row[j];
        }
    }

    /// <summary>Eight rows, eight columns at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Eight(float** from, int k, float* to, nint width)
    {
        float* f0 = from[0], f1 = from[1], f2 = from[2], f3 = from[3], f4 = from[4], f5 = from[5], f6 = from[6], f7 = from[7];
        int j = 0;
        for (; j <= k - 8; j += 8)
        {
            Vector256<float> a = Vector256.Load(f0 + j), b = Vector256.Load(f1 + j), c = Vector256.Load(f2 + j), d = Vector256.Load(f3 + j);
            Vector256<float> e = Vector256.Load(f4 + j), g = Vector256.Load(f5 + j), h = Vector256.Load(f6 + j), l = Vector256.Load(f7 + j);
            StoreTransposed(a, b, c, d, e, g, h, l, to + (j * width), width);
        }
        if (j <= k - 4)
        {
            // The second four first: what overhangs is the next k's place in the first four.
            float* t = to + (j * width);
            StoreTransposed(Vector128.Load(f4 + j), Vector128.Load(f5 + j), Vector128.Load(f6 + j), Vector128.Load(f7 + j), t + 4, width);
            StoreTransposed(Vector128.Load(f0 + j), Vector128.Load(f1 + j), Vector128.Load(f2 + j), Vector128.Load(f3 + j), t, width);
            j += 4;
        }
        for (; j < k; j++)
        {
            float* t = to + (j * width);
            (t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7]) = (f0[j], f1[j], f2[j], f3[j], f4[j], f5[j], f6[j], f7[j]);
        }
    }

    /// <summary>Four rows, four columns at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(float** from, int k, float* to, nint width)
    {
        float* f0 = from[0], f1 = from[1], f2 = from[2], f3 = from[3];
        int j = 0;
        for (; j <= k - 4; j += 4)
        {
            StoreTransposed(Vector128.Load(f0 + j), Vector128.Load(f1 + j), Vector128.Load(f2 + j), Vector128.Load(f3 + j), to + (j * width), width);
        }
        for (; j < k; j++)
        {
            float* t = to + (j * width);
            (t[0], t[1], t[2], t[3]) = (f0[j], f1[j], f2[j], f3[j]);
        }
    }
}
