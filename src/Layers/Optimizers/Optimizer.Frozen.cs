using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

// What frozen weights are kept in: nobody needs all digits of what gets no updates.
public abstract partial class Optimizer
{
    /// <summary>
    /// What the weights of frozen parameters are kept in: <see cref="Precision.Float32"/>, as they are, or <see cref="Precision.BFloat16"/>, two bytes each, rounded once (<see cref="Parameter.Keep"/>). A parameter of one axis (a bias, a
    /// norm's scale) stays as it is. Each step sees to it, and <see cref="KeepFrozen()"/>; a thawed parameter has float32 again, and goes on from the rounded value. It may change between steps, and is no part of the saved state.
    /// </summary>
    /// <exception cref="ArgumentException">It is another precision.</exception>
    public Precision FrozenPrecision
    {
        get;
        set => field = value is Precision.Float32 or Precision.BFloat16 ? value : throw new ArgumentException($"Optimizer: frozen weights are {string.Join(" or ", Precisions.SavedNames)}, found {Precisions.NameOf(value)}.");
    }

    /// <summary>Sees to it now that frozen weights are kept as <see cref="FrozenPrecision"/> says, and that no others are.</summary>
    public void KeepFrozen()
    {
        foreach (OptimizerSlot slot in slots) KeepIn(slot.Parameter);
    }

    /// <summary>The same for one parameter.</summary>
    public void KeepFrozen(Parameter parameter) => KeepIn(slotOf[parameter].Parameter);

    /// <summary>Whether a parameter is kept in bfloat16 once this has seen to it: it is frozen, has more than one axis, and <see cref="FrozenPrecision"/> says so.</summary>
    public bool IsPacked(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return parameter.IsFrozen && parameter.Shape.Rank > 1 && FrozenPrecision == Precision.BFloat16;
    }

    private void KeepIn(Parameter parameter)
    {
        Precision wanted = IsPacked(parameter) ? Precision.BFloat16 : Precision.Float32;
        if (parameter.Precision == wanted) return;
        // The step's own work is the optimizer's; a decision's is booked as that.
        using CostScope unit = parameter.Value.Device.Counters.ForUnit(parameter.Unit);
        parameter.Keep(wanted);
    }
}
