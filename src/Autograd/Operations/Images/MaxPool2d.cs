namespace ResearchFreeze.Autograd;

/// <summary>The largest element of each window of images (n, height, width, channels). The gradient goes to the first of the largest, from their places alone.</summary>
public sealed class MaxPool2dFunction(Size2 kernel, Size2 stride, Size2 padding) : Function
{
    private const int Indices = 0;

    /// <inheritdoc/>
    public override string Name => "max pool";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Pool2dShape shape = Pool2dShape.Of(Name, inputs[0].Shape, kernel, stride, padding);
        Tensor y = context.Result(shape.Output);
        context.Device.MaxPool(shape, inputs[0].Range, y.Range, context.TryReserve(Indices, shape.Output, InputSet.Of(0), ElementKind.Int32));
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        Pool2dShape shape = Pool2dShape.Of(Name, dx.Shape, kernel, stride, padding);
        TensorRange to = dx.Open(out float beta);
        context.Device.MaxPoolBackward(shape, context.Saved(Indices).Range, dy.Range, to, beta);
    }
}

public sealed partial class Tensor
{
    /// <summary>The largest element of each window of images (n, height, width, channels); stride null: the kernel's size, padding null: none.</summary>
    /// <exception cref="ShapeException">Nothing would come out, or the padding is more than half of the kernel.</exception>
    public Tensor MaxPool2d(Size2 kernel, Size2? stride = null, Size2? padding = null) => new MaxPool2dFunction(kernel, stride ?? kernel, padding ?? 0).Apply([this]);
}
