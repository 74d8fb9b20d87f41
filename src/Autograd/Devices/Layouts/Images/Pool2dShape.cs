namespace ResearchFreeze.Autograd;

/// <summary>Pooling of images (batch, height, width, channels) over windows, each channel alone.</summary>
public readonly record struct Pool2dShape(int Batch, int Height, int Width, int Channels, Size2 Kernel, Size2 Stride, Size2 Padding)
{
    /// <summary>How much more padding there is below than above, and on the right than on the left; it may be negative.</summary>
    public Size2 MoreAtEnd { get; init; }

    /// <summary>Height of the output: ⌊(height + padding above and below − kernel) / stride⌋ + 1.</summary>
    public int OutputHeight => Conv2dShape.Extent(Height, Kernel.Height, Stride.Height, (2L * Padding.Height) + MoreAtEnd.Height, 1);

    /// <summary>Width of the output.</summary>
    public int OutputWidth => Conv2dShape.Extent(Width, Kernel.Width, Stride.Width, (2L * Padding.Width) + MoreAtEnd.Width, 1);

    /// <summary>Elements of the images.</summary>
    public int InputCount => checked(Batch * Height * Width * Channels);

    /// <summary>Elements of the result.</summary>
    public int OutputCount => checked(Batch * OutputHeight * OutputWidth * Channels);

    /// <summary>The shape of the result.</summary>
    public Shape Output => [Batch, OutputHeight, OutputWidth, Channels];

    /// <summary>The pooling of these images.</summary>
    /// <param name="operation">Named in messages.</param>
    /// <param name="images">The images (n, height, width, channels).</param>
    /// <param name="kernel">The window.</param>
    /// <param name="stride">Pixels from one window to the next.</param>
    /// <param name="padding">Around the images.</param>
    /// <param name="ceil">Whether a window that reaches beyond the padding counts too, if it begins within the image or the padding before it.</param>
    /// <exception cref="ShapeException">Nothing would come out, or a window could lie in the padding alone: padding is at most half of the kernel, as in PyTorch.</exception>
    public static Pool2dShape Of(string operation, Shape images, Size2 kernel, Size2 stride, Padding2 padding, bool ceil = false)
    {
        if (images.Rank != 4) throw new ShapeException($"{operation}: needs images (n, height, width, channels), found {images}.");
        if (kernel.Height < 1 || kernel.Width < 1 || stride.Height < 1 || stride.Width < 1)
            throw new ShapeException($"{operation}: kernel and stride must be at least 1, found {kernel} and {stride}.");
        if ((long)kernel.Height * kernel.Width > Shape.MaxCount) throw new ShapeException($"{operation}: kernel {kernel} has more than {Shape.MaxCount} elements.");
        Padding2 around = padding.For(images, kernel, stride, 1);
        // What "same" adds is less than the kernel, half of it before: no window misses the image.
        if (padding != Padding2.Same && (Math.Min(Math.Min(around.Top, around.Bottom), Math.Min(around.Left, around.Right)) < 0
            || 2L * Math.Max(around.Top, around.Bottom) > kernel.Height || 2L * Math.Max(around.Left, around.Right) > kernel.Width))
            throw new ShapeException($"{operation}: padding must be from 0 to half of kernel {kernel}, found {padding}.");
        Conv2dShape.RequirePadding(operation, images, around);
        if (ceil)
        {
            around = around with
            {
                Bottom = around.Bottom + Reach(images[1], kernel.Height, stride.Height, around.Top, around.Bottom),
                Right = around.Right + Reach(images[2], kernel.Width, stride.Width, around.Left, around.Right),
            };
        }
        var shape = new Pool2dShape(images[0], images[1], images[2], images[3], kernel, stride, new Size2(around.Top, around.Left)) { MoreAtEnd = Conv2dShape.MoreAtEndOf(around) };
        if (shape.OutputHeight < 1 || shape.OutputWidth < 1) throw new ShapeException($"{operation}: kernel {kernel} and padding {padding} leave nothing of images {images}.");
        return shape;
    }

    /// <summary>How far one window more reaches beyond the padding: less than a stride, or the others reach the end already. 0: there is none, also where it would begin behind the image.</summary>
    private static int Reach(int size, int kernel, int stride, int before, int after)
    {
        long room = (long)size + before + after, whole = room < kernel ? 0 : ((room - kernel) / stride) + 1, start = whole * stride;
        long reach = start + kernel - room;
        return reach < stride && start < size + (long)before ? (int)reach : 0;
    }
}
