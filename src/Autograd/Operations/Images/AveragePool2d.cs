namespace ResearchFreeze.Autograd;

/// <summary>The mean of each window of images (n, height, width, channels), padding counted as zeros. Linear, so nothing is kept.</summary>
public sealed class AveragePool2dFunction(Size2 kernel, Size2 stride, Padding2 padding, bool ceil = false) : Function
{
    /// <inheritdoc/>
    public override string Name => "average pool";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Pool2dShape shape = Pool2dShape.Of(Name, inputs[0].Shape, kernel, stride, padding, ceil);
        Tensor y = context.Result(shape.Output);
        context.Device.AveragePool(shape, inputs[0].Range, y.Range);
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        Pool2dShape shape = Pool2dShape.Of(Name, dx.Shape, kernel, stride, padding, ceil);
        TensorRange to = dx.Open(out float beta);
        context.Device.AveragePoolBackward(shape, dy.Range, to, beta);
    }
}

public sealed partial class Tensor
{
    private static readonly SumFunction GlobalAverage = new(0b0110, keepAxes: false, mean: true);

    /// <summary>The mean of each window of images (n, height, width, channels).</summary>
    /// <param name="kernel">The window.</param>
    /// <param name="stride">Pixels from one window to the next; null: the kernel's size.</param>
    /// <param name="padding">Zeros around the images, at most half of the kernel; null: none.</param>
    /// <param name="ceil">Whether a last window that reaches beyond the padding counts too; what lies beyond is in no mean, as in PyTorch.</param>
    /// <param name="countPadding">Whether the zeros of the padding are in the means.</param>
    /// <exception cref="ShapeException">Nothing would come out, or the padding is more than half of the kernel.</exception>
    public Tensor AveragePool2d(Size2 kernel, Size2? stride = null, Padding2? padding = null, bool ceil = false, bool countPadding = true)
    {
        var function = new AveragePool2dFunction(kernel, stride ?? kernel, padding ?? 0, ceil);
        Tensor means = function.Apply([this]);
        Pool2dShape shape = Pool2dShape.Of("average pool", Shape, kernel, stride ?? kernel, padding ?? 0, ceil);
        Padding2 around = (padding ?? 0).For(Shape, kernel, stride ?? kernel, 1);
        bool isWhole = shape.MoreAtEnd == Conv2dShape.MoreAtEndOf(around);
        if (isWhole && (countPadding || around == 0)) return means;
        // The part of each window that counts: a mean over that alone is the mean over all of it divided by the part. A few numbers a row and a column.
        double[] rows = Parts(shape.OutputHeight, kernel.Height, shape.Stride.Height, around.Top, Shape[1], around.Bottom, countPadding);
        double[] columns = Parts(shape.OutputWidth, kernel.Width, shape.Stride.Width, around.Left, Shape[2], around.Right, countPadding);
        return means / (From(Device, rows, [rows.Length, 1, 1]) * From(Device, columns, [columns.Length, 1]));
    }

    /// <summary>For each window along one axis the part of it that lies in the image, or in image and padding.</summary>
    private static double[] Parts(int windows, int kernel, int stride, int before, int size, int after, bool countPadding)
    {
        int first = countPadding ? 0 : before, end = before + size + (countPadding ? after : 0);
        return [.. Enumerable.Range(0, windows).Select(window => (Math.Min((window * stride) + kernel, end) - Math.Max(window * stride, first)) / (double)kernel)];
    }

    /// <summary>The mean over all pixels: images (n, height, width, channels) → (n, channels).</summary>
    /// <exception cref="ShapeException">These are no images.</exception>
    public Tensor GlobalAveragePool()
    {
        if (Shape.Rank != 4 || Shape[1] == 0 || Shape[2] == 0) throw new ShapeException($"global average pool: needs images (n, height, width, channels), found {Shape}.");
        return GlobalAverage.Apply([this]);
    }
}
