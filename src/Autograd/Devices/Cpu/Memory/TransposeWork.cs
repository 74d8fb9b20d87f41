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

    /// <summary>Eight lines of eight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Eight(float* x, nint strideX, float* y, nint lineY)
    {
        float* last = x + (4 * strideX);
        RegisterTranspose.Store(
            Vector256.Load(x), Vector256.Load(x + strideX), Vector256.Load(x + (2 * strideX)), Vector256.Load(x + (3 * strideX)),
            Vector256.Load(last), Vector256.Load(last + strideX), Vector256.Load(last + (2 * strideX)), Vector256.Load(last + (3 * strideX)), y, lineY);
    }
}
