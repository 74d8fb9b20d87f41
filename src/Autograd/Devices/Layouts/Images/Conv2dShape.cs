namespace ResearchFreeze.Autograd;

/// <summary>
/// A convolution of images (batch, height, width, channels) with weights (outputs, kernel height, kernel width, channels / groups), as PyTorch defines it (a correlation), with zeros around the image.
/// Group g maps channels [g·C/G, (g+1)·C/G) to outputs [g·O/G, (g+1)·O/G). <see cref="Of"/> refuses by name what is too large; counts of such a shape throw <see cref="OverflowException"/>.
/// </summary>
public readonly record struct Conv2dShape(
    int Batch, int Height, int Width, int Channels, int Outputs, Size2 Kernel, Size2 Stride, Size2 Padding, Size2 Dilation, int Groups)
{
    /// <summary>How many more rows of zeros there are below than above, and columns on the right than on the left; it may be negative.</summary>
    public Size2 MoreAtEnd { get; init; }

    /// <summary>Height of the output: ⌊(height + padding above and below − dilation·(kernel − 1) − 1) / stride⌋ + 1.</summary>
    public int OutputHeight => Extent(Height, Kernel.Height, Stride.Height, (2L * Padding.Height) + MoreAtEnd.Height, Dilation.Height);

    /// <summary>Width of the output.</summary>
    public int OutputWidth => Extent(Width, Kernel.Width, Stride.Width, (2L * Padding.Width) + MoreAtEnd.Width, Dilation.Width);

    /// <summary>Input channels of a group.</summary>
    public int GroupChannels => Channels / Groups;

    /// <summary>Output channels of a group.</summary>
    public int GroupOutputs => Outputs / Groups;

    /// <summary>Elements of the images.</summary>
    public int InputCount => checked(Batch * Height * Width * Channels);

    /// <summary>Elements of the result.</summary>
    public int OutputCount => checked(Batch * OutputHeight * OutputWidth * Outputs);

    /// <summary>Elements of the weights.</summary>
    public int WeightCount => checked(Outputs * Kernel.Height * Kernel.Width * GroupChannels);

    /// <summary>The shape of the result.</summary>
    public Shape Output => [Batch, OutputHeight, OutputWidth, Outputs];

    /// <summary>Nominal operations of each of the three primitives, those at the padding included: 2·batch·output pixels·outputs·kernel·channels of a group.</summary>
    public long Flops => 2L * OutputCount * Kernel.Height * Kernel.Width * GroupChannels;

    /// <summary>Whether groups have so few channels or outputs that most of a tile would be empty, as in depthwise convolutions: a GPU adds those up element by element, in float32 whatever its precision.</summary>
    internal bool IsNarrow => Groups > 1 && Math.Min(GroupChannels, GroupOutputs) < 8;

    /// <summary>The convolution of these images with these weights.</summary>
    /// <exception cref="ShapeException">They do not fit, or nothing would come out.</exception>
    public static Conv2dShape Of(Shape images, Shape weights, Size2 stride, Padding2 padding, Size2 dilation, int groups)
    {
        if (images.Rank != 4 || weights.Rank != 4)
            throw new ShapeException($"conv2d: needs images (n, height, width, channels) and weights (out, kh, kw, in / groups), found {images} and {weights}.");
        Positive("stride", stride, 1);
        Positive("dilation", dilation, 1);
        if (groups < 1 || images[3] % groups != 0 || weights[0] % groups != 0)
            throw new ShapeException($"conv2d: {groups} groups divide neither {images[3]} channels nor {weights[0]} outputs, or one of them not.");
        if (images[3] != (long)weights[3] * groups)
            throw new ShapeException($"conv2d: images {images} have {images[3]} channels, weights {weights} with {groups} groups expect {(long)weights[3] * groups}.");
        var kernel = new Size2(weights[1], weights[2]);
        Padding2 around = padding.For(images, kernel, stride, dilation);
        RequirePadding("conv2d", images, around);
        var shape = new Conv2dShape(images[0], images[1], images[2], images[3], weights[0], kernel, stride, new Size2(around.Top, around.Left), dilation, groups) { MoreAtEnd = MoreAtEndOf(around) };
        if (weights.Count == 0 || shape.OutputHeight < 1 || shape.OutputWidth < 1)
            throw new ShapeException($"conv2d: kernel {shape.Kernel}, dilation {dilation}, padding {padding} leave nothing of images {images}.");
        _ = shape.Output;                                 // throws where there would be too many elements
        return shape;
    }

    internal static Size2 MoreAtEndOf(Padding2 padding) => new(padding.Bottom - padding.Top, padding.Right - padding.Left);

    internal static int Extent(int size, int kernel, int stride, long padding, int dilation)
    {
        long rest = size + padding - (dilation * (kernel - 1L)) - 1;
        return rest < 0 ? 0 : (int)Math.Min((rest / stride) + 1, int.MaxValue);
    }

    /// <summary>An image with its padding is walked by 32-bit indices, though the padding is nowhere in memory.</summary>
    internal static void RequirePadding(string operation, Shape images, Padding2 padding)
    {
        if (Math.Min(Math.Min(padding.Top, padding.Bottom), Math.Min(padding.Left, padding.Right)) < 0) throw new ShapeException($"{operation}: padding must be at least 0, found {padding}.");
        if (Math.Max(images[1] + (long)padding.Top + padding.Bottom, images[2] + (long)padding.Left + padding.Right) > Shape.MaxCount)
            throw new ShapeException($"{operation}: images {images} with padding {padding} have more than {Shape.MaxCount} rows or columns.");
    }

    private static void Positive(string what, Size2 size, int least)
    {
        if (size.Height < least || size.Width < least) throw new ShapeException($"conv2d: {what} must be at least {least}, found {size}.");
    }
}
