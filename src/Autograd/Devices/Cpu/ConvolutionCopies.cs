using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ResearchFreeze.Autograd;

/// <summary>Copies of short runs into the rows of a panel.</summary>
internal static unsafe class ConvolutionCopies
{
    /// <summary>to[p·width + i] ← from[p·step + i] for i below <paramref name="run"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy(float* from, nint step, float* to, int count, int run, nint width)
    {
        // Runs of one or two vectors, as the channels of narrow groups are, would spend more time on questions than on copying.
        if (run == 8)
        {
            for (; count > 0; count--, from += step, to += width) Vector256.Load(from).Store(to);
            return;
        }
        if (run == 16)
        {
            for (; count > 0; count--, from += step, to += width)
            {
                Vector256<float> left = Vector256.Load(from), right = Vector256.Load(from + 8);
                left.Store(to);
                right.Store(to + 8);
            }
            return;
        }
        for (; count > 0; count--, from += step, to += width) CopyRun(from, to, run);
    }

    /// <summary>to[p·width + i] ← 0 for i below <paramref name="run"/>.</summary>
    public static void Clear(float* to, int count, int run, nint width)
    {
        if (run == 8)
        {
            for (; count > 0; count--, to += width) Vector256<float>.Zero.Store(to);
            return;
        }
        for (; count > 0; count--, to += width) new Span<float>(to, run).Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyRun(float* from, float* to, int run)
    {
        int i = 0;
        for (; i <= run - 8; i += 8) Vector256.Load(from + i).Store(to + i);
        for (; i <= run - 4; i += 4) Vector128.Load(from + i).Store(to + i);
        for (; i < run; i++) to[i] = from[i];
    }
}
