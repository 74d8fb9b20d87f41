using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>One of a step's updates.</summary>
public readonly struct ParameterUpdate
{
    internal ParameterUpdate(Parameter parameter, Tensor[] state, float rate, float weightDecay, int step)
    {
        Parameter = parameter;
        State = state;
        Rate = rate;
        WeightDecay = weightDecay;
        Step = step;
    }

    /// <summary>The number of its rate among those of a step that is recorded; 0: none is.</summary>
    internal int Number { get; init; }

    /// <summary>The parameter; it trains and has a gradient.</summary>
    public Parameter Parameter { get; }

    /// <summary>What is updated.</summary>
    public TensorRange Weight => Parameter.Value.Range;

    /// <summary>Its gradient, not clipped yet.</summary>
    public TensorRange Gradient => Parameter.Grad!.Range;

    /// <summary>Its state tensors.</summary>
    public Tensor[] State { get; }

    /// <summary>Schedule · group · unit.</summary>
    public float Rate { get; }

    /// <summary>Its group's, or the optimizer's.</summary>
    public float WeightDecay { get; }

    /// <summary>The parameter's own count of updates: 1 at its first.</summary>
    public int Step { get; }
}
