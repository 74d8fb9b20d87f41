namespace ResearchFreeze.Autograd;

/// <summary>
/// A function that applies an activation to its result z. The activation's derivative follows from y alone, so y is kept for whatever gradient is wanted, and one pass over dy, to dz = dy·activation'(z),
/// serves all of them.
/// </summary>
/// <param name="activation">Applied to the result.</param>
/// <param name="outputSlot">Where y is kept.</param>
public abstract class ActivatedFunction(Activation activation, int outputSlot) : Function
{
    private readonly MapKernel? kernel = activation.Kernel();

    /// <summary>Applied to the result.</summary>
    protected Activation Activation { get; } = activation;

    /// <inheritdoc/>
    public sealed override void BackwardMany(InputSet wanted, BackwardContext context, Tensor dy)
    {
        if (kernel is null)
        {
            Gradients(wanted, context, dy);
            return;
        }
        // Nobody reads dy but this call: dz takes its place, unless another node got the same gradient or the caller gave it.
        using Tensor? own = dy.Range.Storage.ReferenceCount > 1 ? context.Temporary(dy.Shape) : null;
        Tensor dz = own ?? dy;
        TensorRange y = context.Saved(outputSlot).Range;
        if (TakesActivation(wanted, context))
        {
            context.Device.CountActivationGradient(y, dy.Range, dz.Range);
            GradientsOfActivated(wanted, context, y, dy, dz);
            return;
        }
        context.Device.MapBackward(kernel, y, y, dy.Range, dz.Range);
        Gradients(wanted, context, dz);
    }

    /// <summary>Whether <see cref="GradientsOfActivated"/> makes dz on its way.</summary>
    private protected virtual bool TakesActivation(InputSet wanted, BackwardContext context) => false;

    /// <summary>The wanted gradients where dz, which may be dy's memory, is still to be made; counted already.</summary>
    private protected virtual void GradientsOfActivated(InputSet wanted, BackwardContext context, TensorRange y, Tensor dy, Tensor dz) => throw new NotSupportedException($"{Name} makes no dz.");

    /// <summary>The wanted gradients from dz; one after the other unless overridden.</summary>
    protected virtual void Gradients(InputSet wanted, BackwardContext context, Tensor dz) => base.BackwardMany(wanted, context, dz);

    /// <summary>Keeps the result if there is an activation.</summary>
    protected void SaveOutput(ForwardContext context, Tensor y, InputSet usedBy)
    {
        if (kernel is not null) context.Save(outputSlot, y, usedBy);
    }
}
