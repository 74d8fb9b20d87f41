namespace ResearchFreeze.Autograd;

/// <summary>Zeros around a tensor; its gradient is the inside of the result's.</summary>
public sealed class PadFunction : Function
{
    private readonly Axes before, after;

    /// <summary>This many zeros in front of and behind each axis.</summary>
    public PadFunction(ReadOnlySpan<int> before, ReadOnlySpan<int> after)
    {
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
        context.Device.PlaceBox(LayoutOf(x, padded), inputs[0].Range, y.Range);
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
    /// <summary>Zeros in front of and behind each axis.</summary>
    /// <exception cref="ShapeException">Not one number an axis, or a negative one.</exception>
    public Tensor Pad(ReadOnlySpan<int> before, ReadOnlySpan<int> after)
    {
        if (before.Length != Shape.Rank || after.Length != Shape.Rank) throw new ShapeException($"pad: shape {Shape} needs {Shape.Rank} numbers before and after, found {before.Length} and {after.Length}.");
        for (int axis = 0; axis < Shape.Rank; axis++)
        {
            if (before[axis] < 0 || after[axis] < 0) throw new ShapeException($"pad: axis {axis} needs numbers of at least 0, found {before[axis]} and {after[axis]}.");
        }
        return new PadFunction(before, after).Apply([this]);
    }
}
