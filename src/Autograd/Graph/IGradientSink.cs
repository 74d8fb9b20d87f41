namespace ResearchFreeze.Autograd;

/// <summary>Where gradients of parameters go. The default is <see cref="Parameter.Grad"/>.</summary>
public interface IGradientSink
{
    /// <summary>The slot of a parameter's gradient.</summary>
    GradientSlot SlotOf(Parameter parameter);

    /// <summary>Raised as soon as a parameter's gradient is final in a pass.</summary>
    void GradientReady(Parameter parameter);
}
