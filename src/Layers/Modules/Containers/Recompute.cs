using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// A part of a network that keeps its input alone and is run again for its gradients (activation checkpointing, Chen et al. 2016): memory for time. What nobody wants a gradient of is not run again, so a frozen prefix costs nothing.
/// Dropout inside draws the same both times. The part has no running moments.
/// </summary>
internal sealed class Recompute(Func<Tensor, Tensor> part, Parameter[] parameters, Dropout[] dropouts) : Function, IPassesInputs
{
    private readonly long[] passes = new long[dropouts.Length];

    /// <inheritdoc/>
    public override string Name => "recompute";

    /// <summary>Runs the part.</summary>
    /// <param name="input">What it begins with.</param>
    public Tensor Run(Tensor input) => Apply([input, .. parameters.Select(parameter => parameter.Value)]);

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        // The parameters too: written in between, the part would be another one, which the engine then says.
        for (int i = 0; i < inputs.Length; i++) context.Save(i, inputs[i], InputSet.All(inputs.Length));
        for (int i = 0; i < passes.Length; i++) passes[i] = dropouts[i].Passes;
        // Recorded, and dropped at once: dropout asks whether anything upstream trains, and must hear the same both times.
        (Device device, bool kept) = (context.Device, context.Device.KeepsReals);
        device.KeepsReals = true;
        try
        {
            using Tensor result = part((Tensor)inputs[0]);
            return result.StopGradient();
        }
        finally
        {
            device.KeepsReals = kept;
        }
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx) => throw new InvalidOperationException("recompute: all gradients come together.");

    /// <inheritdoc/>
    public override void BackwardMany(InputSet wanted, BackwardContext context, Tensor dy)
    {
        for (int i = 1; i <= parameters.Length; i++) context.RequireUnchanged(i);
        var now = new long[passes.Length];
        for (int i = 0; i < now.Length; i++) (now[i], dropouts[i].Passes) = (dropouts[i].Passes, passes[i]);
        try
        {
            context.Rerun(dy, kept => part(kept[0]), parameters);
        }
        finally
        {
            for (int i = 0; i < now.Length; i++) dropouts[i].Passes = now[i];
        }
    }
}
