namespace ResearchFreeze.Autograd;

/// <summary>A <see cref="Pool2dShape"/> as a kernel argument.</summary>
internal struct PoolingArguments
{
    public int Height, Width, Channels, OutputHeight, OutputWidth, KernelHeight, KernelWidth, StrideY, StrideX, PaddingY, PaddingX;

    public static PoolingArguments Of(in Pool2dShape shape) => new()
    {
        Height = shape.Height,
        Width = shape.Width,
        Channels = shape.Channels,
        OutputHeight = shape.OutputHeight,
        OutputWidth = shape.OutputWidth,
        KernelHeight = shape.Kernel.Height,
        KernelWidth = shape.Kernel.Width,
        StrideY = shape.Stride.Height,
        StrideX = shape.Stride.Width,
        PaddingY = shape.Padding.Height,
        PaddingX = shape.Padding.Width,
    };
}
