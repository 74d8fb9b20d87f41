using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>How updates follow gradients, for estimates of what gradient noise does to weights.</summary>
public abstract partial class Optimizer
{
    /// <summary>How far a weight moves in the long run under a constant gradient, in rates times that gradient (over <see cref="Divisor"/>): 1 / (1 − momentum) where momentum adds gradients up, 1 where it is their mean.</summary>
    public virtual double StepGain => 1;

    /// <summary>What part of an update comes back in the next one: the momentum, or the decay of a mean of gradients; 0: none.</summary>
    public virtual double StepMemory => 0;

    /// <summary>A new tensor that broadcasts to the parameter's shape: what the update divides a gradient by, element by element, as Adam does by √v̂ + ε; null: by nothing.</summary>
    /// <param name="parameter">One of the optimizer's, that has been updated.</param>
    public virtual Tensor? Divisor(Parameter parameter) => null;

    /// <summary>Updates that a parameter has had.</summary>
    private protected int UpdatesOf(Parameter parameter) => slotOf[parameter].Steps;
}
