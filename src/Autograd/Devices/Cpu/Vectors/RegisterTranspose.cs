using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ResearchFreeze.Autograd;

/// <summary>Small squares turned in registers: neighbours are interleaved, then pairs of them, then halves exchanged.</summary>
internal static unsafe class RegisterTranspose
{
    /// <summary>Eight rows of eight elements as eight columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(
        Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d,
        Vector256<float> e, Vector256<float> g, Vector256<float> h, Vector256<float> l, float* t, nint width)
    {
        Vector256<float> ab0 = Avx.UnpackLow(a, b), ab1 = Avx.UnpackHigh(a, b), cd0 = Avx.UnpackLow(c, d), cd1 = Avx.UnpackHigh(c, d);
        Vector256<float> eg0 = Avx.UnpackLow(e, g), eg1 = Avx.UnpackHigh(e, g), hl0 = Avx.UnpackLow(h, l), hl1 = Avx.UnpackHigh(h, l);
        Vector256<float> p0 = Avx.Shuffle(ab0, cd0, 0x44), p1 = Avx.Shuffle(ab0, cd0, 0xEE), p2 = Avx.Shuffle(ab1, cd1, 0x44), p3 = Avx.Shuffle(ab1, cd1, 0xEE);
        Vector256<float> q0 = Avx.Shuffle(eg0, hl0, 0x44), q1 = Avx.Shuffle(eg0, hl0, 0xEE), q2 = Avx.Shuffle(eg1, hl1, 0x44), q3 = Avx.Shuffle(eg1, hl1, 0xEE);
        Avx.Permute2x128(p0, q0, 0x20).Store(t);
        Avx.Permute2x128(p1, q1, 0x20).Store(t + width);
        Avx.Permute2x128(p2, q2, 0x20).Store(t + (2 * width));
        Avx.Permute2x128(p3, q3, 0x20).Store(t + (3 * width));
        t += 4 * width;
        Avx.Permute2x128(p0, q0, 0x31).Store(t);
        Avx.Permute2x128(p1, q1, 0x31).Store(t + width);
        Avx.Permute2x128(p2, q2, 0x31).Store(t + (2 * width));
        Avx.Permute2x128(p3, q3, 0x31).Store(t + (3 * width));
    }

    /// <summary>Four rows of four elements as four columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d, float* t, nint width)
    {
        Vector128<float> ab0 = Sse.UnpackLow(a, b), ab1 = Sse.UnpackHigh(a, b), cd0 = Sse.UnpackLow(c, d), cd1 = Sse.UnpackHigh(c, d);
        Sse.MoveLowToHigh(ab0, cd0).Store(t);
        Sse.MoveHighToLow(cd0, ab0).Store(t + width);
        Sse.MoveLowToHigh(ab1, cd1).Store(t + (2 * width));
        Sse.MoveHighToLow(cd1, ab1).Store(t + (3 * width));
    }
}
