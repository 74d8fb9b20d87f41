namespace ResearchFreeze.Autograd;

/// <summary>Pooling of images (batch, height, width, channels) over windows, each channel alone.</summary>
public readonly record struct Pool2dShape(int Batch, int Height, int Width, int Channels, Size2 Kernel, Size2 Stride, Size2 Padding)
{
    /// <summary>Height of the output: ⌊(height + 2·padding − kernel) / stride⌋ + 1.</summary>
    public int OutputHeight => Conv2dShape.Extent(Height, Kernel.Height, Stride.Height, Padding.Height, 1);

    /// <summary>Width of the output.</summary>
    public int OutputWidth => Conv2dShape.Extent(Width, Kernel.Width, Stride.Width, Padding.Width, 1);

    /// <summary>Elements of the images.</summary>
    public int InputCount => checked(Batch * Height * Width * Channels);

    /// <summary>Elements of the result.</summary>
    public int OutputCount => checked(Batch * OutputHeight * OutputWidth * Channels);

    /// <summary>The shape of the result.</summary>
    public Shape Output => [Batch, OutputHeight, OutputWidth, Channels];

    /// <summary>The pooling of these images.</summary>
    /// <exception cref="ShapeException">Nothing would come out, or a window could lie in the padding alone: padding is at most half of the kernel, as in PyTorch.</exception>
    public static Pool2dShape Of(string operation, Shape images, Size2 kernel, Size2 stride, Size2 padding)
    {
        if (images.Rank != 4) throw new ShapeException($"{operation}: needs images (n, height, width, channels), found {images}.");
        if (kernel.Height < 1 || kernel.Width < 1 || stride.Height < 1 || stride.Width < 1)
            throw new ShapeException($"{operation}: kernel and stride must be at least 1, found {kernel} and {stride}.");
        if ((long)kernel.Height * kernel.Width > Shape.MaxCount) throw new ShapeException($"{operation}: kernel {kernel} has more than {Shape.MaxCount} elements.");
        if (padding.Height < 0 || padding.Width < 0 || 2L * padding.Height > kernel.Height || 2L * padding.Width > kernel.Width)
            throw new ShapeException($"{operation}: padding must be from 0 to half of kernel {kernel}, found {padding}.");
        Conv2dShape.RequirePadding(operation, images, padding);
        var shape = new Pool2dShape(images[0], images[1], images[2], images[3], kernel, stride, padding);
        if (shape.OutputHeight < 1 || shape.OutputWidth < 1) throw new ShapeException($"{operation}: kernel {kernel} and padding {padding} leave nothing of images {images}.");
        return shape;
    }
}
