namespace ResearchFreeze.Autograd;

/// <summary>Any element-wise function of two operands with broadcasting, from its kernel and those of its two partial derivatives, each a function of both operands.</summary>
/// <param name="kernel">f(a, b).</param>
/// <param name="first">∂f/∂a.</param>
/// <param name="second">∂f/∂b.</param>
public sealed class ZipFunction(ZipKernel kernel, ZipKernel first, ZipKernel second) : Function
{
    private const int A = 0, B = 1;

    /// <inheritdoc/>
    public override string Name => kernel.Name;

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Tensor y = Broadcasting.Apply(context, kernel, inputs);
        context.Save(A, inputs[0], InputSet.Of(0, 1));
        context.Save(B, inputs[1], InputSet.Of(0, 1));
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        SavedTensor a = context.Saved(A), b = context.Saved(B);
        using Tensor slope = context.Temporary(dy.Shape);
        context.Device.Zip(input == 0 ? first : second, new ZipLayout(a.Shape, b.Shape, kernel.Name), a.Range, b.Range, slope.Range);
        Broadcasting.AccumulateZip(context, MultiplyFunction.Kernel, dy, new SavedTensor(slope.Range, slope.Shape), dx);
    }
}
