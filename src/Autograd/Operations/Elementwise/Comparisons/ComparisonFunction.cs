namespace ResearchFreeze.Autograd;

/// <summary>A function of two operands with broadcasting whose result is 1 for true and 0 for false: no gradient passes it.</summary>
public sealed class ComparisonFunction(ZipKernel kernel) : Function
{
    /// <inheritdoc/>
    public override string Name => kernel.Name;

    /// <inheritdoc/>
    public override bool HasGradient => false;

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs) => Broadcasting.Apply(context, kernel, inputs);

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx) => throw new InvalidOperationException($"{Name} has no gradient.");
}
