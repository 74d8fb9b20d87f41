namespace ResearchFreeze.Autograd;

/// <summary>
/// One side of an input gradient, for the image pixels <c>phase, phase + stride, …</c>: which taps of the kernel reach them, and from which output pixels. Each
/// phase is a convolution of the output gradient with stride 1, so no product with a zero is computed between the strides.
/// </summary>
/// <param name="Pixels">Image pixels of the phase.</param>
/// <param name="FirstTap">The first tap of the kernel that reaches them.</param>
/// <param name="TapStep">From one such tap to the next.</param>
/// <param name="Taps">How many.</param>
/// <param name="Origin">The output pixel from which the first tap reaches the first pixel; may lie outside.</param>
/// <param name="Step">From there to that of the next tap.</param>
internal readonly record struct PhaseTaps(int Pixels, int FirstTap, int TapStep, int Taps, int Origin, int Step)
{
    /// <summary>The phase of one side: pixel + padding − tap·dilation must be a multiple of the stride.</summary>
    private static PhaseTaps Of(int phase, int size, int kernel, int stride, int padding, int dilation)
    {
        int pixels = phase < size ? ((size - phase - 1) / stride) + 1 : 0, common = Common(dilation, stride), tapStep = stride / common;
        for (int tap = 0; tap < Math.Min(tapStep, kernel); tap++)
        {
            int at = phase + padding - (tap * dilation);
            if (at % stride != 0) continue;

            // From the last such tap to the first: the output pixels then come in order.
            int taps = ((kernel - tap - 1) / tapStep) + 1, step = dilation / common;
            return new PhaseTaps(pixels, tap + ((taps - 1) * tapStep), -tapStep, taps, (at / stride) - ((taps - 1) * step), step);
        }
        return new PhaseTaps(pixels, 0, tapStep, 0, 0, 0);
    }

    /// <summary>A phase of the images' rows.</summary>
    public static PhaseTaps OfRows(in Conv2dShape shape, int phase) =>
        Of(phase, shape.Height, shape.Kernel.Height, shape.Stride.Height, shape.Padding.Height, shape.Dilation.Height);

    /// <summary>A phase of their columns.</summary>
    public static PhaseTaps OfColumns(in Conv2dShape shape, int phase) =>
        Of(phase, shape.Width, shape.Kernel.Width, shape.Stride.Width, shape.Padding.Width, shape.Dilation.Width);

    private static int Common(int a, int b) => b == 0 ? a : Common(b, a % b);
}
