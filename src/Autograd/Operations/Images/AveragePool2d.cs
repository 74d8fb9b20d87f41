namespace ResearchFreeze.Autograd;

/// <summary>The mean of each window of images (n, height, width, channels), padding counted as zeros. Linear, so nothing is kept.</summary>
public sealed class AveragePool2dFunction(Size2 kernel, Size2 stride, Size2 padding) : Function
{
    /// <inheritdoc/>
    public override string Name => "average pool";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Pool2dShape shape = Pool2dShape.Of(Name, inputs[0].Shape, kernel, stride, padding);
        Tensor y = context.Result(shape.Output);
        context.Device.AveragePool(shape, inputs[0].Range, y.Range);
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        Pool2dShape shape = Pool2dShape.Of(Name, dx.Shape, kernel, stride, padding);
        TensorRange to = dx.Open(out float beta);
        context.Device.AveragePoolBackward(shape, dy.Range, to, beta);
    }
}

public sealed partial class Tensor
{
    private static readonly SumFunction GlobalAverage = new(0b0110, keepAxes: false, mean: true);

    /// <summary>The mean of each window of images (n, height, width, channels), padding counted as zeros; stride null: the kernel's size, padding null: none.</summary>
    /// <exception cref="ShapeException">Nothing would come out, or the padding is more than half of the kernel.</exception>
    public Tensor AveragePool2d(Size2 kernel, Size2? stride = null, Size2? padding = null) => new AveragePool2dFunction(kernel, stride ?? kernel, padding ?? 0).Apply([this]);

    /// <summary>The mean over all pixels: images (n, height, width, channels) → (n, channels).</summary>
    /// <exception cref="ShapeException">These are no images.</exception>
    public Tensor GlobalAveragePool()
    {
        if (Shape.Rank != 4 || Shape[1] == 0 || Shape[2] == 0) throw new ShapeException($"global average pool: needs images (n, height, width, channels), found {Shape}.");
        return GlobalAverage.Apply([this]);
    }
}
