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

public sealed partial class Tensor
{
    /// <summary>Rows of the leading axis, sharing memory.</summary>
    /// <exception cref="ShapeException">There are no such rows.</exception>
    public Tensor Slice(int start, int length) => new SliceFunction(start, length).Apply([this]);
}
