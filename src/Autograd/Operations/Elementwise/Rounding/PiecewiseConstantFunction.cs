namespace ResearchFreeze.Autograd;

/// <summary>An element-wise function of one operand that is constant between jumps: no gradient passes it, and nothing upstream is asked for one through it.</summary>
/// <param name="kernel">The function; its derivative is 0.</param>
public sealed class PiecewiseConstantFunction(MapKernel kernel) : Function
{
    /// <inheritdoc/>
    public override string Name => kernel.Name;

    /// <inheritdoc/>
    public override bool HasGradient => false;

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Tensor y = context.Result(inputs[0].Shape);
        context.Device.Map(kernel, inputs[0].Range, y.Range);
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx) => throw new InvalidOperationException($"{Name} has no gradient.");
}
