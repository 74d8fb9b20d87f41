namespace ResearchFreeze.Autograd;

/// <summary>The largest element over axes. The gradient goes to the first of the largest, from its place alone.</summary>
/// <param name="reducedAxes">Bit i is set where axis i is reduced.</param>
/// <param name="keepAxes">Whether reduced axes stay, with extent 1.</param>
public sealed class MaxFunction(int reducedAxes, bool keepAxes) : Function
{
    private const int Indices = 0;

    /// <inheritdoc/>
    public override string Name => "max";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Shape x = inputs[0].Shape;
        for (int axis = 0; axis < x.Rank; axis++)
        {
            if ((reducedAxes >> axis & 1) != 0 && x[axis] == 0) throw new ShapeException($"max: axis {axis} of {x} has no elements.");
        }
        Shape shape = ReduceLayout.ResultOf(x, reducedAxes, keepAxes);
        Tensor y = context.Result(shape);
        context.Device.ReduceMax(new ReduceLayout(x, reducedAxes), inputs[0].Range, y.Range, context.TryReserve(Indices, shape, InputSet.Of(0), ElementKind.Int32));
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        TensorRange to = dx.Open(out float beta);
        context.Device.ReduceMaxBackward(new ReduceLayout(dx.Shape, reducedAxes), context.Saved(Indices).Range, dy.Range, to, beta);
    }
}

public sealed partial class Tensor
{
    /// <summary>The largest of all elements, a scalar.</summary>
    /// <exception cref="ShapeException">There are none.</exception>
    public Tensor Max() => new MaxFunction(AllAxes, false).Apply([this]);

    /// <summary>The largest element over axes (negative: from the innermost); the gradient goes to the first of equals. A NaN is larger than any number.</summary>
    /// <exception cref="ShapeException">There is no such axis, one is named twice, or one has no elements.</exception>
    public Tensor Max(ReadOnlySpan<int> axes, bool keepAxes = false) => new MaxFunction(AxisMask("max", axes), keepAxes).Apply([this]);
}
