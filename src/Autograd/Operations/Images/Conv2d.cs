namespace ResearchFreeze.Autograd;

/// <summary>
/// y = activation(x ∗ W + b): x (n, height, width, in), W (out, kh, kw, in / groups), b (out) or absent; see <see cref="Conv2dShape"/>. With z the value before the activation and dz = dy·activation'(z):
/// dx keeps W alone, dW keeps x alone, db = Σ dz neither. The activation's derivative follows from y.
/// </summary>
public sealed class Conv2dFunction(Size2 stride, Padding2 padding, Size2 dilation, int groups, Activation activation) : ActivatedFunction(activation, Y)
{
    private const int X = 0, W = 1, Y = 2;

    /// <inheritdoc/>
    public override string Name => "conv2d";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Conv2dShape shape = ShapeOf(inputs[0].Shape, inputs[1].Shape);
        if (inputs.Length > 2 && inputs[2].Shape != new Shape(shape.Outputs))
            throw new ShapeException($"conv2d: bias {inputs[2].Shape} does not fit weight {inputs[1].Shape} (out, kh, kw, in / groups).");
        Tensor y = context.Result(shape.Output);
        TensorRange? bias = inputs.Length > 2 ? inputs[2].Range : null;
        context.Device.Conv2d(shape, inputs[0].Range, inputs[1].Range, bias, y.Range, Activation);
        context.Save(X, inputs[0], InputSet.Of(1));
        context.Save(W, inputs[1], InputSet.Of(0));
        SaveOutput(context, y, InputSet.Of(0, 1, 2));
        return y;
    }

    /// <summary>One gradient from dz, which <see cref="ActivatedFunction.BackwardMany"/> made of dy.</summary>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        Conv2dShape shape = ShapeOf(context.InputShape(0), context.InputShape(1));
        TensorRange to = dx.Open(out float beta);
        switch (input)
        {
            case 0:
                context.Device.Conv2dInputGradient(shape, dy.Range, context.Saved(W).Range, to, beta);
                break;
            case 1:
                context.Device.Conv2dWeightGradient(shape, context.Saved(X).Range, dy.Range, to, beta);
                break;
            default:
                context.Device.Reduce(new ReduceLayout([dy.Shape.Count / shape.Outputs, shape.Outputs], 1), 1, dy.Range, to, beta);
                break;
        }
    }

    private Conv2dShape ShapeOf(Shape images, Shape weights) => Conv2dShape.Of(images, weights, stride, padding, dilation, groups);
}

public sealed partial class Tensor
{
    /// <summary>activation(this ∗ W + b) for images (n, height, width, in); W is (out, kh, kw, in / groups), b (out) or null. A loop makes the function once: <see cref="Conv2dFunction"/>.</summary>
    /// <param name="weight">The weights.</param>
    /// <param name="bias">One element an output, or null.</param>
    /// <param name="stride">Pixels from one output to the next; null: 1.</param>
    /// <param name="padding">Pixels of zeros around the images: a number, each edge its own, or <see cref="Padding2.Same"/>; null: 0.</param>
    /// <param name="dilation">Pixels from one kernel element to the next; null: 1.</param>
    /// <param name="groups">Groups of channels that do not see one another.</param>
    /// <param name="activation">Applied to the result.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Tensor Conv2d(
        Tensor weight, Tensor? bias = null, Size2? stride = null, Padding2? padding = null, Size2? dilation = null, int groups = 1, Activation activation = Activation.None)
    {
        var function = new Conv2dFunction(stride ?? 1, padding ?? 0, dilation ?? 1, groups, activation);
        return bias is null ? function.Apply([this, weight]) : function.Apply([this, weight, bias]);
    }
}
