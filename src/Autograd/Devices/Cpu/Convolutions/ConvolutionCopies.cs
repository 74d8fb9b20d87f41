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
        // Runs as short as the channels of an image, or of one or two vectors, as those of narrow groups are, would spend more time on questions than on copying.
        switch (run)
        {
            case 1:
                for (; count >= 4; count -= 4, from += 4 * step, to += 4 * width)
                {
                    (float first, float second, float third, float fourth) = (from[0], from[step], from[2 * step], from[3 * step]);
                    (to[0], to[width], to[2 * width], to[3 * width]) = (first, second, third, fourth);
                }
                for (; count > 0; count--, from += step, to += width) *to = *from;
                return;
            case 3:
                for (; count > 0; count--, from += step, to += width)
                {
                    float last = from[2];
                    *(double*)to = *(double*)from;
                    to[2] = last;
                }
                return;
            case 8:
                for (; count > 0; count--, from += step, to += width) Vector256.Load(from).Store(to);
                return;
            case 16:
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
        switch (run)
        {
            case 1:
                for (; count > 0; count--, to += width) *to = 0;
                return;
            case 8:
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
