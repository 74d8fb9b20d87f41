using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>Where the pixels of a result are: all of its images' pixels, or every so many.</summary>
internal unsafe struct PixelResult
{
    /// <summary>The first pixel.</summary>
    public float* First;

    /// <summary>Size of an image.</summary>
    public Size2 Size;

    /// <summary>From one pixel of an image to the next.</summary>
    public int Channels;

    /// <summary>Every so many pixels each way are computed.</summary>
    public Size2 Spread;

    /// <summary>One pixel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float* At(int image, int row, int column) =>
        First + (((((nint)image * Size.Height) + (row * Spread.Height)) * Size.Width) + (column * Spread.Width)) * Channels;
}
