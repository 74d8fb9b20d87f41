namespace ResearchFreeze.Autograd;

/// <summary>A tensor repeated along axes that it lacks or has with extent 1, as broadcasting does, but written out; the gradient is summed back.</summary>
public sealed class ExpandFunction(Shape shape) : Function
{
    /// <inheritdoc/>
    public override string Name => "expand";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Tensor y = context.Result(shape);
        context.Device.Expand(ReduceLayout.ToOperand(shape, inputs[0].Shape), 1, inputs[0].Range, y.Range);
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx) => Broadcasting.Accumulate(context.Device, dy, 1, dx);
}

public sealed partial class Tensor
{
    /// <summary>Repeated to a shape that this one broadcasts to, written out. Operations with two operands broadcast by themselves and need no copy.</summary>
    /// <exception cref="ShapeException">The shape does not broadcast to that one.</exception>
    public Tensor Expand(Shape shape)
    {
        if (Shape.Rank > shape.Rank || Shape.Broadcast(Shape, shape, "expand") != shape) throw new ShapeException($"expand: shape {Shape} does not broadcast to {shape}.");
        return Shape == shape ? Reshape(shape) : new ExpandFunction(shape).Apply([this]);
    }

    /// <summary>The whole repeated along each axis: (2, 3) by 1 and 2 is (2, 6). Fewer numbers than axes are those of the innermost ones.</summary>
    /// <exception cref="ShapeException">More numbers than axes, or a negative one.</exception>
    public Tensor Tile(params ReadOnlySpan<int> repeats)
    {
        if (repeats.Length > Shape.Rank || repeats.ContainsAnyInRange(int.MinValue, -1))
            throw new ShapeException($"tile: shape {Shape} needs up to {Shape.Rank} numbers of at least 0, found ({string.Join(", ", repeats.ToArray())}).");
        Tensor tiled = this;
        for (int i = 0; i < repeats.Length; i++)
        {
            int axis = Shape.Rank - repeats.Length + i;
            if (repeats[i] == 1) continue;
            // The axis and all within it as one, in front of which the repetition is an axis of its own.
            Shape before = tiled.Shape;
            int outer = before.CountOf(0, axis), rest = before.CountOf(axis, before.Rank);
            tiled = tiled.Reshape(outer, 1, rest).Expand([outer, repeats[i], rest]).Reshape(before.With(axis, before[axis] * repeats[i]));
        }
        return tiled;
    }
}
