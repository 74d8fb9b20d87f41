using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary><see cref="Philox"/>, several blocks at once: integer arithmetic, so exactly the same numbers.</summary>
internal static unsafe class CpuPhilox
{
    private const ulong M0 = 0xD2511F53, M1 = 0xCD9E8D57, W0 = 0x9E3779B9, W1 = 0xBB67AE85, Low = uint.MaxValue;

    /// <summary>The numbers of <paramref name="count"/> blocks from block <paramref name="first"/>, four a block. Writes exactly 4·count numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Fill(ulong key, ulong step, ulong first, uint* numbers, int count)
    {
        int width = Vector<ulong>.Count, i = 0;
        ulong* pairs = stackalloc ulong[2 * width];
        for (; i <= count - width; i += width)
        {
            // One 32-bit word in each 64-bit lane, a block a lane.
            Vector<ulong> block = new Vector<ulong>(first + (ulong)i) + Vector<ulong>.Indices;
            var low = new Vector<ulong>(Low);
            Vector<ulong> x = block & low, y = block >>> 32;
            Vector<ulong> z = new(step & Low), w = new(step >> 32);
            ulong k0 = key & Low, k1 = key >> 32;
            for (int round = 0; round < 10; round++)
            {
                Vector<ulong> p0 = x * M0, p1 = z * M1;
                x = (p1 >>> 32) ^ y ^ new Vector<ulong>(k0);
                z = (p0 >>> 32) ^ w ^ new Vector<ulong>(k1);
                y = p1 & low;
                w = p0 & low;
                k0 = (k0 + W0) & Low;
                k1 = (k1 + W1) & Low;
            }
            (x | (y << 32)).Store(pairs);
            (z | (w << 32)).Store(pairs + width);
            for (int lane = 0; lane < width; lane++)
            {
                *(ulong*)(numbers + (4 * (i + lane))) = pairs[lane];
                *(ulong*)(numbers + (4 * (i + lane)) + 2) = pairs[width + lane];
            }
        }
        for (; i < count; i++) (numbers[4 * i], numbers[(4 * i) + 1], numbers[(4 * i) + 2], numbers[(4 * i) + 3]) = Philox.Block(key, step, first + (ulong)i);
    }
}
