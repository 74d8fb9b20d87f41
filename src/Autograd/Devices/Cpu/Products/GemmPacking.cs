using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Copies a strip of a matrix into a panel, to[k·width + i], so that a micro-kernel reads memory in order. Missing elements at the edge become zeros.
/// </summary>
internal static unsafe class GemmPacking
{
    // Rows that are asked for ahead of being copied: about as many as a processor can wait for at once.
    private const int Ahead = 16;

    /// <summary>From a strip that holds <paramref name="count"/> neighbours for each k: from[k·stride + i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Straight(float* from, nint stride, int count, int k, float* to, int width)
    {
        if (count == 6 && width == 6)
        {
            // The panels of all but AVX-512, so often that the loops below are worth sparing.
            for (; k > 0; k--, from += stride, to += width)
            {
                Vector128.Load(from).Store(to);
                *(double*)(to + 4) = *(double*)(from + 4);
            }
            return;
        }
        if (count == width && width % 8 == 0)
        {
            // Whole panels of B. Rows far apart are a line of the cache each, which no hardware foresees.
            for (; k > 0; k--, from += stride, to += width)
            {
                if (Sse.IsSupported) Sse.Prefetch0(from + (Ahead * stride));
                for (int i = 0; i < width; i += 8) Vector256.Load(from + i).Store(to + i);
            }
            return;
        }
        for (; k > 0; k--, from += stride, to += width)
        {
            // Zeros in whole vectors, below what is copied: one by one they would take longer than a narrow strip itself.
            for (int zeros = count & ~3; zeros < width; zeros += 4) Vector128<float>.Zero.Store(to + Math.Min(zeros, width - 4));
            int i = 0;
            for (; i <= count - 8; i += 8) Vector256.Load(from + i).Store(to + i);
            for (; i <= count - 4; i += 4) Vector128.Load(from + i).Store(to + i);
            for (; i <= count - 2; i += 2) *(double*)(to + i) = *(double*)(from + i);
            for (; i < count; i++) to[i] = from[i];
        }
    }

    /// <summary>
    /// From a strip whose rows run along k: from[i·stride + k]. A few k at a time, so that the piece of the panel being written stays in the first-level cache.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transposed(float* from, nint stride, int count, int k, float* to, int width)
    {
        const int Piece = 64;
        if (count < width) new Span<float>(to, k * width).Clear();
        for (; k > 0; k -= Piece, from += Piece, to += Piece * width)
        {
            for (int i = 0; Sse.IsSupported && k > Piece && i < count; i++)
            {
                for (int line = 0; line < Piece; line += 16) Sse.Prefetch0(from + (i * stride) + Piece + line);
            }
            TransposedPiece(from, stride, count, Math.Min(k, Piece), to, width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransposedPiece(float* from, nint stride, int count, int k, float* to, int width)
    {
        int i = 0;
        if (Avx.IsSupported)
        {
            for (; i <= count - 8; i += 8) Eight(from + (i * stride), stride, k, to + i, width);
        }
        if (Sse.IsSupported)
        {
            for (; i <= count - 4; i += 4) Four(from + (i * stride), stride, k, to + i, width);
        }
        for (; i < count; i++)
        {
            for (int j = 0; j < k; j++) to[((nint)j * width) + i] = from[(i * stride) + j];
        }
    }

    /// <summary>Eight rows, eight columns at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Eight(float* from, nint stride, int k, float* to, nint width)
    {
        int j = 0;
        for (; j <= k - 8; j += 8)
        {
            float* f = from + j;
            Vector256<float> a = Vector256.Load(f), b = Vector256.Load(f + stride), c = Vector256.Load(f + (2 * stride)), d = Vector256.Load(f + (3 * stride));
            f += 4 * stride;
            Vector256<float> e = Vector256.Load(f), g = Vector256.Load(f + stride), h = Vector256.Load(f + (2 * stride)), l = Vector256.Load(f + (3 * stride));
            RegisterTranspose.Store(a, b, c, d, e, g, h, l, to + (j * width), width);
        }
        for (; j < k; j++)
        {
            for (int i = 0; i < 8; i++) to[(j * width) + i] = from[(i * stride) + j];
        }
    }

    /// <summary>Four rows, four columns at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(float* from, nint stride, int k, float* to, nint width)
    {
        int j = 0;
        for (; j <= k - 4; j += 4)
        {
            float* f = from + j;
            Vector128<float> a = Vector128.Load(f), b = Vector128.Load(f + stride), c = Vector128.Load(f + (2 * stride)), d = Vector128.Load(f + (3 * stride));
            RegisterTranspose.Store(a, b, c, d, to + (j * width), width);
        }
        for (; j < k; j++)
        {
            for (int i = 0; i < 4; i++) to[(j * width) + i] = from[(i * stride) + j];
        }
    }
}
