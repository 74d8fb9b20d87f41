namespace ResearchFreeze.Autograd;

/// <summary>Any element-wise function of one operand: keeps exactly what the kernel's derivative reads.</summary>
public sealed class MapFunction(MapKernel kernel) : Function
{
    private const int Input = 0, Output = 1;

    /// <inheritdoc/>
    public override string Name => kernel.Name;

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        TensorBase x = inputs[0];
        Tensor y = context.Result(x.Shape);
        context.Device.Map(kernel, x.Range, y.Range);
        if ((kernel.DerivativeUses & MapUse.Input) != 0) context.Save(Input, x, InputSet.Of(0));
        if ((kernel.DerivativeUses & MapUse.Output) != 0) context.Save(Output, y, InputSet.Of(0));
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        TensorRange x = (kernel.DerivativeUses & MapUse.Input) != 0 ? context.Saved(Input).Range : dy.Range;
        TensorRange y = (kernel.DerivativeUses & MapUse.Output) != 0 ? context.Saved(Output).Range : dy.Range;
        TensorRange to = dx.Open(out float beta);
        context.Device.MapBackward(kernel, x, y, dy.Range, to, beta);
    }
}
