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
    /// <summary>
    /// Elements start, start + step, … of an axis, up to and without <paramref name="end"/>, as Python slices: negative places count from the end, places beyond it mean the end, and there may be no elements left.
    /// Along the leading axis by steps of 1 it shares memory, else it copies. <c>x.Slice(1, -3, null)</c> are the last three columns, <c>x.Slice(0, -1, null, -1)</c> the rows backwards.
    /// </summary>
    /// <param name="axis">The axis; negative: from the innermost.</param>
    /// <param name="start">The first element.</param>
    /// <param name="end">Where it stops, exclusive; null: behind the last one, or with a negative step before the first.</param>
    /// <param name="step">Not 0.</param>
    /// <exception cref="ShapeException">There is no such axis, or the step is 0.</exception>
    public Tensor Slice(int axis, int start, int? end, int step = 1)
    {
        AxisMask("slice", [axis]);
        if (step == 0) throw new ShapeException($"slice: the step along axis {axis} of {Shape} must not be 0.");
        int i = axis < 0 ? axis + Shape.Rank : axis, extent = Shape[i];
        // Before the first element is −1, behind the last is the extent.
        int low = step > 0 ? 0 : -1, high = step > 0 ? extent : extent - 1;
        int from = Place(start, extent, low, high), to = end is { } stop ? Place(stop, extent, low, high) : step > 0 ? high : low;
        int length = (int)Math.Max(0, step > 0 ? ((long)to - from + step - 1) / step : ((long)from - to - step - 1) / -(long)step);
        if (length == 0) from = 0;
        return i == 0 && step == 1 ? new SliceFunction(from, length).Apply([this]) : new StridedSliceFunction(i, from, length, step).Apply([this]);
    }

    /// <summary>The elements of axes in reverse order (negative: from the innermost). Copies.</summary>
    /// <exception cref="ShapeException">There is no such axis, or one is named twice.</exception>
    public Tensor Flip(params ReadOnlySpan<int> axes)
    {
        int mask = AxisMask("flip", axes);
        Tensor flipped = this;
        for (int axis = 0; axis < Shape.Rank; axis++)
        {
            if ((mask >> axis & 1) != 0) flipped = flipped.Slice(axis, -1, null, -1);
        }
        return flipped;
    }

    /// <summary>Parts of an axis (negative: from the innermost), one after the other: the inverse of <see cref="Concatenate"/>.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="lengths">The parts' extents, which add up to the axis's.</param>
    /// <exception cref="ShapeException">There is no such axis, or the lengths do not add up to it.</exception>
    public Tensor[] Split(int axis, params ReadOnlySpan<int> lengths)
    {
        AxisMask("split", [axis]);
        long sum = 0;
        foreach (int length in lengths)
        {
            if (length < 0) throw new ShapeException($"split: a part has at least 0 elements, found {length}.");
            sum += length;
        }
        int extent = Shape[axis < 0 ? axis + Shape.Rank : axis], at = 0;
        if (sum != extent) throw new ShapeException($"split: parts of {string.Join(" + ", lengths.ToArray())} = {sum} elements for axis {axis} of {Shape}.");
        var parts = new Tensor[lengths.Length];
        for (int i = 0; i < parts.Length; at += lengths[i], i++) parts[i] = Slice(axis, at, at + lengths[i]);
        return parts;
    }

    private static int Place(int given, int extent, int low, int high) => (int)Math.Clamp(given < 0 ? (long)given + extent : given, low, high);
}
