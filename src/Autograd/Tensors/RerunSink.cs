namespace ResearchFreeze.Autograd;

/// <summary>Gradients of a part that is run again inside a call go where the call's own do: its leaves are the call's inputs, in their order. That they are final is the outer pass's to say.</summary>
internal sealed class RerunSink(BackwardContext context, Parameter?[] inputs) : IGradientSink
{
    public GradientSlot SlotOf(Parameter parameter)
    {
        int input = Array.IndexOf(inputs, parameter);
        if (input < 0) throw new InvalidOperationException($"Rerun: the part has a gradient of '{parameter.Path}', which is no input of the call.");
        return context.Target(input).Slot;
    }

    public void GradientReady(Parameter parameter)
    {
    }
}
