using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ResearchFreeze.Autograd;

/// <summary>A box whose innermost axis is not the one along x's elements: both are walked in square tiles, so that a cache line is used whole before it is gone. Strips of one tile's width are shared out.</summary>
internal unsafe struct TransposeWork : IRangeWork
{
    public const int Side = 16;

    /// <summary>The other axes and the innermost one.</summary>
    public BoxWork Box;

    /// <summary>Elements along x's elements.</summary>
    public int Lines;

    /// <summary>From one of them to the next in y.</summary>
    public int StrideY;

    /// <summary>Strips of a combination of the other axes.</summary>
    public readonly int Strips => ((Lines - 1) / Side) + 1;

    public readonly void Run(int start, int end)
    {
        int strips = Strips;
        for (int item = start; item < end; item++)
        {
            (int outer, int strip) = Math.DivRem(item, strips);
            int first = strip * Side, lines = Math.Min(Side, Lines - first);
            float* x = Box.X + Box.From.At(outer) + first, y = Box.Y + Box.To.At(outer) + ((nint)first * StrideY);
            for (int i = 0; i < Box.Length; i += Side)
                Tile(x + ((nint)i * Box.StrideX), Box.StrideX, y + ((nint)i * Box.StrideY), Box.StrideY, StrideY, Math.Min(Side, Box.Length - i), lines, Box.Beta);
        }
    }

    /// <summary>By way of a small buffer: each line of x and of y is touched once, for lines a power of two apart push each other out of the cache.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile(float* x, nint strideX, float* y, nint strideY, nint lineY, int length, int lines, float beta)
    {
        if (Avx.IsSupported && strideY == 1 && beta == 0 && length == Side && lines == Side)
        {
            for (int line = 0; line < Side; line += 8)
            {
                for (int i = 0; i < Side; i += 8) Eight(x + (i * strideX) + line, strideX, y + (line * lineY) + i, lineY);
            }
            return;
        }
        float* tile = stackalloc float[Side * Side];
        for (int i = 0; i < length; i++, x += strideX)
        {
            for (int line = 0; line < lines; line += Lanes.Count)
            {
                int count = Math.Min(Lanes.Count, lines - line);
                Lanes.Store(Lanes.Load(x + line, count), tile + (i * Side) + line, count);
            }
        }
        for (int line = 0; line < lines; line++, y += lineY)
        {
            float* from = tile + line, to = y;
            if (beta == 0)
            {
                for (int i = 0; i < length; i++, from += Side, to += strideY) *to = *from;
            }
            else
            {
                for (int i = 0; i < length; i++, from += Side, to += strideY) *to = *from + (beta * *to);
            }
        }
    }

    /// <summary>Eight lines of eight in registers: pairs of lines are interleaved, then pairs of pairs, then halves exchanged.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Eight(float* x, nint strideX, float* y, nint lineY)
    {
        Vector256<float> a = Avx.LoadVector256(x), b = Avx.LoadVector256(x + strideX), c = Avx.LoadVector256(x + (2 * strideX)), d = Avx.LoadVector256(x + (3 * strideX));
        x += 4 * strideX;
        Vector256<float> e = Avx.LoadVector256(x), f = Avx.LoadVector256(x + strideX), g = Avx.LoadVector256(x + (2 * strideX)), h = Avx.LoadVector256(x + (3 * strideX));
        (Vector256<float> first, Vector256<float> second, Vector256<float> third, Vector256<float> fourth) = Four(a, b, c, d);
        (Vector256<float> fifth, Vector256<float> sixth, Vector256<float> seventh, Vector256<float> eighth) = Four(e, f, g, h);
        Avx.Permute2x128(first, fifth, 0x20).Store(y);
        Avx.Permute2x128(second, sixth, 0x20).Store(y + lineY);
        Avx.Permute2x128(third, seventh, 0x20).Store(y + (2 * lineY));
        Avx.Permute2x128(fourth, eighth, 0x20).Store(y + (3 * lineY));
        y += 4 * lineY;
        Avx.Permute2x128(first, fifth, 0x31).Store(y);
        Avx.Permute2x128(second, sixth, 0x31).Store(y + lineY);
        Avx.Permute2x128(third, seventh, 0x31).Store(y + (2 * lineY));
        Avx.Permute2x128(fourth, eighth, 0x31).Store(y + (3 * lineY));
    }

    /// <summary>Four lines: in each half of a result, one element of each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float> First, Vector256<float> Second, Vector256<float> Third, Vector256<float> Fourth) Four(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        Vector256<float> ab = Avx.UnpackLow(a, b), abHigh = Avx.UnpackHigh(a, b), cd = Avx.UnpackLow(c, d), cdHigh = Avx.UnpackHigh(c, d);
        return (Avx.Shuffle(ab, cd, 0x44), Avx.Shuffle(ab, cd, 0xEE), Avx.Shuffle(abHigh, cdHigh, 0x44), Avx.Shuffle(abHigh, cdHigh, 0xEE));
    }
}
