namespace ResearchFreeze.Autograd;

/// <summary>A number around a tensor; its gradient is the inside of the result's.</summary>
public sealed class PadFunction : Function
{
    private readonly Axes before, after;
    private readonly double value;

    /// <summary>A number so often in front of and behind each axis.</summary>
    public PadFunction(ReadOnlySpan<int> before, ReadOnlySpan<int> after, double value = 0)
    {
        this.value = value;
        for (int i = 0; i < before.Length; i++) (this.before[i], this.after[i]) = (before[i], after[i]);
    }

    /// <inheritdoc/>
    public override string Name => "pad";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Shape x = inputs[0].Shape, padded = x;
        for (int axis = 0; axis < x.Rank; axis++)
        {
            long extent = (long)before[axis] + x[axis] + after[axis];
            if (extent > Shape.MaxCount) throw new ShapeException($"pad: axis {axis} of {x} with {before[axis]} before and {after[axis]} after has {extent} elements, at most {Shape.MaxCount} are possible.");
            padded = padded.With(axis, (int)extent);
        }
        Tensor y = context.Result(padded);
        if (value == 0)
        {
            context.Device.PlaceBox(LayoutOf(x, padded), inputs[0].Range, y.Range);
            return y;
        }
        context.Device.Fill(y.Range, value);
        context.Device.CopyBox(LayoutOf(x, padded), inputs[0].Range, y.Range);
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        TensorRange to = dx.Open(out float beta);
        context.Device.CopyBox(LayoutOf(dx.Shape, dy.Shape).Reversed(), dy.Range, to, beta);
    }

    private StridedLayout LayoutOf(Shape x, Shape y)
    {
        Span<int> from = stackalloc int[x.Rank], to = stackalloc int[x.Rank];
        int offset = 0;
        for (int axis = 0; axis < x.Rank; axis++)
        {
            from[axis] = x.CountOf(axis + 1, x.Rank);
            to[axis] = y.CountOf(axis + 1, y.Rank);
            offset += before[axis] * to[axis];
        }
        return new StridedLayout(x, 0, from, offset, to);
    }
}

public sealed partial class Tensor
{
    /// <summary>Zeros, or another number, in front of and behind each axis.</summary>
    /// <exception cref="ShapeException">Not one number an axis, or a negative one.</exception>
    public Tensor Pad(ReadOnlySpan<int> before, ReadOnlySpan<int> after, double value = 0)
    {
        RequirePads("pad", before, after);
        return new PadFunction(before, after, value).Apply([this]);
    }

    /// <summary>The tensor mirrored at its first and last elements, which are not repeated: (a, b, c) by 2 and 1 is (c, b, a, b, c, b). Each of an axis's numbers is less than its extent.</summary>
    /// <exception cref="ShapeException">Not one number an axis, a negative one, or one that the axis has no elements for.</exception>
    public Tensor PadReflect(ReadOnlySpan<int> before, ReadOnlySpan<int> after)
    {
        RequirePads("pad by reflection", before, after);
        Tensor padded = this;
        for (int axis = 0; axis < Shape.Rank; axis++)
        {
            int extent = Shape[axis], front = before[axis], back = after[axis];
            if (Math.Max(front, back) >= Math.Max(extent, 1)) throw new ShapeException($"pad by reflection: axis {axis} of {Shape} needs numbers less than {extent}, found {front} and {back}.");
            if (front + back == 0) continue;
            padded = Concatenate(axis, padded.Slice(axis, front, 0, -1), padded, padded.Slice(axis, extent - 2, extent - 2 - back < 0 ? null : extent - 2 - back, -1));
        }
        return padded;
    }

    private void RequirePads(string operation, ReadOnlySpan<int> before, ReadOnlySpan<int> after)
    {
        if (before.Length != Shape.Rank || after.Length != Shape.Rank) throw new ShapeException($"{operation}: shape {Shape} needs {Shape.Rank} numbers before and after, found {before.Length} and {after.Length}.");
        for (int axis = 0; axis < Shape.Rank; axis++)
        {
            if (before[axis] < 0 || after[axis] < 0) throw new ShapeException($"{operation}: axis {axis} needs numbers of at least 0, found {before[axis]} and {after[axis]}.");
        }
    }
}
