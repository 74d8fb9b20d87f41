namespace ResearchFreeze.Autograd;

/// <summary>The same elements in another shape: no copy forward, none backward.</summary>
public sealed class ReshapeFunction(Shape shape) : Function
{
    /// <inheritdoc/>
    public override string Name => "reshape";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        var x = (Tensor)inputs[0];
        if (x.Shape.Count != shape.Count) throw new ShapeException($"reshape: {x.Shape} has {x.Shape.Count} elements, {shape} has {shape.Count}.");
        return x.Alias(shape);
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx) => dx.Pass(dy);
}

public sealed partial class Tensor
{
    /// <summary>The same elements in another shape, sharing memory.</summary>
    /// <exception cref="ShapeException">The numbers of elements differ.</exception>
    public Tensor Reshape(Shape shape) => new ReshapeFunction(shape).Apply([this]);
}
