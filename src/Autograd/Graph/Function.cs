namespace ResearchFreeze.Autograd;

/// <summary>
/// A differentiable operation: its forward pass and one gradient per input. It holds immutable attributes only (an axis, a slope); everything about one call lives in the call's node.
/// A function never tests whether a gradient is wanted: the engine calls it for the wanted ones alone, and keeps only what those need.
/// </summary>
public abstract class Function
{
    /// <summary>The operation's name in messages, for example <c>linear</c>.</summary>
    public abstract string Name { get; }

    /// <summary>False for what is constant between jumps (a comparison, a rounding): nothing is recorded, and no gradient is asked of what its inputs were made of.</summary>
    public virtual bool HasGradient => true;

    /// <summary>Computes the result as a new handle and says what to keep: <see cref="ForwardContext.Save"/>.</summary>
    /// <exception cref="ShapeException">The shapes do not fit; nothing has been allocated.</exception>
    public abstract Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs);

    /// <summary>Adds the gradient of one input to <paramref name="dx"/>. Called once for each input that needs a gradient, and never for another.</summary>
    public abstract void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx);

    /// <summary>
    /// Computes all wanted gradients. Override it where one pass yields several (a fused activation); the wanted ones must equal those computed alone, bit for bit on
    /// the reference and the CPU, and no work may be done for another. Where nobody else holds <paramref name="dy"/>, it may be overwritten: who calls another function's and needs dy afterwards keeps a handle to it.
    /// </summary>
    public virtual void BackwardMany(InputSet wanted, BackwardContext context, Tensor dy)
    {
        for (int input = 0; input < InputSet.Most; input++)
        {
            if (wanted.Contains(input)) Backward(input, context, dy, context.Target(input));
        }
    }

    /// <summary>Runs the operation and records it if a gradient of an input is wanted.</summary>
    public Tensor Apply(params ReadOnlySpan<TensorBase> inputs)
    {
        Device device = InputSet.Checked(Name, inputs)[0].Device;
        InputSet wanted = WantedOf(device, inputs, out int unit);
        // Said for all that the forward pass does: a part that it does not record is no evaluation.
        using CostScope booking = device.Counters.For(device.Counters.Kind, unit);
        if (wanted.IsEmpty) return WidenedInputs.Forward(this, new ForwardContext(device, null), inputs).Of(unit);
        Node node = device.Nodes.Rent(this, device, wanted, inputs);
        try
        {
            Tensor output = WidenedInputs.Forward(this, new ForwardContext(device, node), inputs);
            node.Recorded(output.Shape);
            output.Attach(node);
            return output.Of(unit);
        }
        catch
        {
            node.Abandon();
            throw;
        }
    }

    /// <summary>
    /// Which gradients are wanted, and whose the work is: the unit's of the largest parameter that takes part, a product's matrix and not its bias; else of whoever opened a scope; else that which made the inputs, those on the way of a gradient first.
    /// By what it works on, not by what ran before: a teacher's pass between the student's and its loss is none of the student's.
    /// </summary>
    private InputSet WantedOf(Device device, ReadOnlySpan<TensorBase> inputs, out int unit)
    {
        (InputSet wanted, device.Running) = (default, (this, false));
        int owner = 0, size = -1, makers = 0, trained = 0;
        for (int i = 0; i < inputs.Length; i++)
        {
            if (inputs[i] is not Tensor tensor) continue;
            if (tensor.Leaf is { Unit: > 0 } parameter && tensor.Shape.Count > size) (owner, size) = (parameter.Unit, tensor.Shape.Count);
            makers = Math.Max(makers, tensor.Unit);
            if (!GradMode.IsEnabled || !HasGradient || !tensor.RequiresGrad) continue;
            wanted = wanted.With(i);
            trained = Math.Max(trained, tensor.Unit);
        }
        unit = owner > 0 ? owner : device.Counters.Unit > 0 ? device.Counters.Unit : trained > 0 ? trained : makers;
        return wanted;
    }
}
