namespace ResearchFreeze.Autograd;

/// <summary>The largest element of each window of images (n, height, width, channels). The gradient goes to the first of the largest, from their places alone.</summary>
public sealed class MaxPool2dFunction(Size2 kernel, Size2 stride, Padding2 padding, bool ceil = false) : Function
{
    private const int Indices = 0;

    /// <inheritdoc/>
    public override string Name => "max pool";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Pool2dShape shape = Pool2dShape.Of(Name, inputs[0].Shape, kernel, stride, padding, ceil);
        Tensor y = context.Result(shape.Output);
        context.Device.MaxPool(shape, inputs[0].Range, y.Range, context.TryReserve(Indices, shape.Output, InputSet.Of(0), ElementKind.Int32));
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        Pool2dShape shape = Pool2dShape.Of(Name, dx.Shape, kernel, stride, padding, ceil);
        TensorRange to = dx.Open(out float beta);
        context.Device.MaxPoolBackward(shape, context.Saved(Indices).Range, dy.Range, to, beta);
    }
}

public sealed partial class Tensor
{
    /// <summary>The largest element of each window of images (n, height, width, channels); padding never counts. The gradient goes to the first of equals.</summary>
    /// <param name="kernel">The window.</param>
    /// <param name="stride">Pixels from one window to the next; null: the kernel's size.</param>
    /// <param name="padding">Around the images, at most half of the kernel; null: none.</param>
    /// <param name="dilation">Pixels from one of the window's to the next; null: 1. Another is composed of slices, which takes a copy of the result for each of the window's pixels.</param>
    /// <param name="ceil">Whether a last window that reaches beyond the padding counts too.</param>
    /// <exception cref="ShapeException">Nothing would come out, or the padding is more than half of the kernel.</exception>
    public Tensor MaxPool2d(Size2 kernel, Size2? stride = null, Padding2? padding = null, Size2? dilation = null, bool ceil = false)
    {
        Size2 step = stride ?? kernel, apart = dilation ?? 1;
        if (apart == 1) return new MaxPool2dFunction(kernel, step, padding ?? 0, ceil).Apply([this]);
        if (apart.Height < 1 || apart.Width < 1) throw new ShapeException($"max pool: dilation must be at least 1, found {apart}.");
        if (Math.Max(kernel.Height, kernel.Width) > InputSet.Most) throw new ShapeException($"max pool: a kernel with dilation has at most {InputSet.Most} rows and columns, found {kernel}.");
        Padding2 around = padding ?? 0;
        if (around != Padding2.Same && (2L * Math.Max(around.Top, around.Bottom) > kernel.Height || 2L * Math.Max(around.Left, around.Right) > kernel.Width))
            throw new ShapeException($"max pool: padding must be from 0 to half of kernel {kernel}, found {around}.");
        Size2 window = new(((kernel.Height - 1) * apart.Height) + 1, ((kernel.Width - 1) * apart.Width) + 1);
        Pool2dShape shape = Pool2dShape.Of("max pool", Shape, window, step, padding ?? 0, ceil);
        Tensor padded = Pad([0, shape.Padding.Height, shape.Padding.Width, 0], [0, Math.Max(0, shape.Padding.Height + shape.MoreAtEnd.Height), Math.Max(0, shape.Padding.Width + shape.MoreAtEnd.Width), 0], double.NegativeInfinity);
        // Rows, then columns: the first of equals stays the first.
        return padded.LargestAlong(2, kernel.Width, apart.Width, step.Width, shape.OutputWidth).LargestAlong(1, kernel.Height, apart.Height, step.Height, shape.OutputHeight);
    }

    private Tensor LargestAlong(int axis, int count, int apart, int stride, int outputs)
    {
        var parts = new Tensor[count];
        for (int i = 0; i < count; i++) parts[i] = Slice(axis, i * apart, (i * apart) + ((outputs - 1) * stride) + 1, stride);
        // Five axes with the new one in front.
        return Stack(0, parts).Max([0]);
    }
}
