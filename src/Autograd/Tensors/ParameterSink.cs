namespace ResearchFreeze.Autograd;

/// <summary>Gradients go to the parameters.</summary>
public sealed class ParameterSink : IGradientSink
{
    private ParameterSink()
    {
    }

    /// <summary>The sink; it has no state.</summary>
    public static ParameterSink Instance { get; } = new();

    /// <inheritdoc/>
    public GradientSlot SlotOf(Parameter parameter) => parameter.Gradient;

    /// <inheritdoc/>
    public void GradientReady(Parameter parameter)
    {
    }
}
