namespace ResearchFreeze.Autograd;

/// <summary>Rows <paramref name="start"/> to start + length − 1 of the leading axis, sharing memory. The gradient is zero elsewhere.</summary>
public sealed class SliceFunction(int start, int length) : Function
{
    /// <inheritdoc/>
    public override string Name => "slice";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        var x = (Tensor)inputs[0];
        if (x.Shape.Rank == 0) throw new ShapeException("slice: a scalar has no leading axis.");
        if (start < 0 || length < 0 || start > x.Shape[0] - length)
            throw new ShapeException($"slice: rows {start} to {start + length - 1} of shape {x.Shape}.");
        return x.Alias(x.Shape.With(0, length), start * x.Shape.CountOf(1, x.Shape.Rank));
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        TensorRange to = dx.Open(out float beta);
        context.Device.PlaceBox(new StridedLayout(new Shape(dy.Shape.Count), 0, [1], start * dx.Shape.CountOf(1, dx.Shape.Rank), [1]), dy.Range, to, beta);
    }
}

/// <summary>Every step-th element of an axis from <paramref name="start"/> on, a copy; the gradient is zero elsewhere.</summary>
/// <param name="axis">The axis.</param>
/// <param name="start">The first element.</param>
/// <param name="length">Elements of the result.</param>
/// <param name="step">From one to the next; negative: backwards.</param>
public sealed class StridedSliceFunction(int axis, int start, int length, int step) : Function
{
    /// <inheritdoc/>
    public override string Name => "slice";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Tensor y = context.Result(inputs[0].Shape.With(axis, length));
        context.Device.CopyBox(LayoutOf(inputs[0].Shape), inputs[0].Range, y.Range);
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        TensorRange to = dx.Open(out float beta);
        context.Device.PlaceBox(LayoutOf(dx.Shape).Reversed(), dy.Range, to, beta);
    }

    private StridedLayout LayoutOf(Shape x)
    {
        int outer = x.CountOf(0, axis), inner = x.CountOf(axis + 1, x.Rank);
        return new StridedLayout([outer, length, inner], start * inner, [x[axis] * inner, step * inner, 1], 0, [length * inner, inner, 1]);
    }
}

public sealed partial class Tensor
{
    /// <summary>Rows of the leading axis, sharing memory.</summary>
    /// <exception cref="ShapeException">There are no such rows.</exception>
    public Tensor Slice(int start, int length) => new SliceFunction(start, length).Apply([this]);

    /// <summary>Elements start, start + step, … of an axis, up to and without <paramref name="end"/>; a copy. A negative step goes backwards, to an end of −1 where the first element is to be the last.</summary>
    /// <param name="axis">The axis; negative: from the innermost.</param>
    /// <param name="start">The first element, from 0.</param>
    /// <param name="end">Where it stops, exclusive: 0 to the axis's extent, or −1 to extent − 1 with a negative step.</param>
    /// <param name="step">Not 0.</param>
    /// <exception cref="ShapeException">There is no such axis, or there are no such elements.</exception>
    public Tensor Slice(int axis, int start, int end, int step = 1)
    {
        AxisMask("slice", [axis]);
        int i = axis < 0 ? axis + Shape.Rank : axis, extent = Shape[i];
        bool isValid = step > 0 ? start >= 0 && start <= end && end <= extent : step < 0 && start < extent && end >= -1 && start >= end;
        if (!isValid) throw new ShapeException($"slice: elements {start} to {end} (exclusive) by {step} of axis {axis} of shape {Shape}.");
        int length = step > 0 ? (int)(((long)end - start + step - 1) / step) : (int)(((long)start - end - step - 1) / -(long)step);
        return new StridedSliceFunction(i, Math.Max(start, 0), length, step).Apply([this]);
    }
}
