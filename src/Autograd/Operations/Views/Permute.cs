namespace ResearchFreeze.Autograd;

/// <summary>The axes in another order: axis i of the result is axis order[i] of the input. A copy; the gradient is copied back.</summary>
public sealed class PermuteFunction : Function
{
    private readonly Axes order;

    /// <summary>The axes in this order, each once, counted from the outermost.</summary>
    public PermuteFunction(ReadOnlySpan<int> order)
    {
        for (int i = 0; i < order.Length; i++) this.order[i] = order[i];
    }

    /// <inheritdoc/>
    public override string Name => "permute";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Shape x = inputs[0].Shape;
        Span<int> extents = stackalloc int[x.Rank];
        for (int i = 0; i < x.Rank; i++) extents[i] = x[order[i]];
        Tensor y = context.Result(new Shape(extents));
        context.Device.CopyBox(LayoutOf(x), inputs[0].Range, y.Range);
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        TensorRange to = dx.Open(out float beta);
        context.Device.CopyBox(LayoutOf(dx.Shape).Reversed(), dy.Range, to, beta);
    }

    private StridedLayout LayoutOf(Shape x)
    {
        Span<int> box = stackalloc int[x.Rank], from = stackalloc int[x.Rank], to = stackalloc int[x.Rank];
        for (int i = 0; i < x.Rank; i++)
        {
            int axis = order[i];
            box[i] = x[axis];
            from[i] = x.CountOf(axis + 1, x.Rank);
        }
        var y = new Shape(box);
        for (int i = 0; i < x.Rank; i++) to[i] = y.CountOf(i + 1, y.Rank);
        return new StridedLayout(y, 0, from, 0, to);
    }
}

public sealed partial class Tensor
{
    /// <summary>The axes in another order (negative: from the innermost): <c>images.Permute(0, 3, 1, 2)</c> takes (n, height, width, channels) to (n, channels, height, width). Copies.</summary>
    /// <exception cref="ShapeException">These are not all axes, each once.</exception>
    public Tensor Permute(params ReadOnlySpan<int> axes)
    {
        if (axes.Length != Shape.Rank) throw new ShapeException($"permute: shape {Shape} has {Shape.Rank} axes, found {axes.Length}.");
        AxisMask("permute", axes);
        Span<int> order = stackalloc int[axes.Length];
        for (int i = 0; i < order.Length; i++) order[i] = axes[i] < 0 ? axes[i] + Shape.Rank : axes[i];
        return new PermuteFunction(order).Apply([this]);
    }
}
