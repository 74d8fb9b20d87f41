using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>Which pixels windows and pixels share along one side of an image.</summary>
internal static class PoolWindow
{
    /// <summary>The first and the end of the pixels of window <paramref name="output"/> that lie in the image.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (int First, int End) PixelsOf(int output, int kernel, int stride, int padding, int size)
    {
        int start = (output * stride) - padding;
        return (Math.Max(start, 0), Math.Min(start + kernel, size));
    }

    /// <summary>The first and the end of the windows that pixel <paramref name="input"/> is in.</summary>
    public static (int First, int End) WindowsOf(int input, int kernel, int stride, int padding, int outputs)
    {
        int last = input + padding, first = last - kernel + 1;
        return (first <= 0 ? 0 : (first + stride - 1) / stride, Math.Min((last / stride) + 1, outputs));
    }

    /// <summary>
    /// How many elements to work on from a pixel on: its channels, filled up to whole vectors as long as those stay in the row, whose next pixel then writes over them. Stores of some lanes only are slow.
    /// </summary>
    /// <param name="channels">Channels of a pixel.</param>
    /// <param name="rowLeft">Elements left of the row that is written.</param>
    /// <param name="inputLeft">Elements left of what is read, from the last pixel on.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Reach(int channels, int rowLeft, int inputLeft)
    {
        int filled = (channels + Lanes.Count - 1) & -Lanes.Count;
        return filled <= rowLeft && filled <= inputLeft ? filled : channels;
    }
}
