namespace ResearchFreeze.Autograd;

/// <summary>y = scale·Σ x over axes (scale 1: a sum; 1 / elements: a mean). ∂y/∂x = scale, so nothing is kept.</summary>
/// <param name="summedAxes">Bit i is set where axis i is summed.</param>
/// <param name="keepAxes">Whether summed axes stay, with extent 1.</param>
/// <param name="mean">Whether to divide by the number of summed elements.</param>
public sealed class SumFunction(int summedAxes, bool keepAxes, bool mean) : Function
{
    /// <inheritdoc/>
    public override string Name => mean ? "mean" : "sum";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Shape x = inputs[0].Shape;
        Tensor y = context.Result(ReduceLayout.ResultOf(x, summedAxes, keepAxes));
        var layout = new ReduceLayout(x, summedAxes);
        context.Device.Reduce(layout, Scale(layout), inputs[0].Range, y.Range);
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        var layout = new ReduceLayout(dx.Shape, summedAxes);
        TensorRange to = dx.Open(out float beta);
        context.Device.Expand(layout, Scale(layout), dy.Range, to, beta);
    }

    private double Scale(in ReduceLayout layout) => mean ? (double)layout.Outputs / layout.Inputs : 1;
}

public sealed partial class Tensor
{
    /// <summary>The sum of all elements, a scalar.</summary>
    public Tensor Sum() => new SumFunction(AllAxes, false, false).Apply([this]);

    /// <summary>The sum over axes (negative: from the innermost).</summary>
    /// <exception cref="ShapeException">There is no such axis, or one is named twice.</exception>
    public Tensor Sum(ReadOnlySpan<int> axes, bool keepAxes = false) => new SumFunction(AxisMask("sum", axes), keepAxes, false).Apply([this]);

    /// <summary>The mean of all elements, a scalar.</summary>
    public Tensor Mean() => new SumFunction(AllAxes, false, true).Apply([this]);

    /// <summary>The mean over axes (negative: from the innermost).</summary>
    /// <exception cref="ShapeException">There is no such axis, or one is named twice.</exception>
    public Tensor Mean(ReadOnlySpan<int> axes, bool keepAxes = false) => new SumFunction(AxisMask("mean", axes), keepAxes, true).Apply([this]);

    private int AllAxes => (1 << Shape.Rank) - 1;

    private int AxisMask(string operation, ReadOnlySpan<int> axes)
    {
        int mask = 0;
        foreach (int axis in axes)
        {
            int i = axis < 0 ? axis + Shape.Rank : axis;
            if ((uint)i >= (uint)Shape.Rank) throw new ShapeException($"{operation}: shape {Shape} has no axis {axis}.");
            if ((mask >> i & 1) != 0) throw new ShapeException($"{operation}: axis {axis} of shape {Shape} is named twice.");
            mask |= 1 << i;
        }
        return mask;
    }
}
