using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// A measure of one unit, kept on the device while training and read at checks. Tensor code: no graph, no download; its cost goes to the ledger. An instance has no state of its
/// own; what it accumulates lives in <see cref="StepView.State(Parameter, string)"/>.
/// </summary>
public abstract class UnitStatistic
{
    /// <summary>Names the statistic in logs; two instances with the same key are the same statistic and are computed once.</summary>
    public abstract string Key { get; }

    /// <summary>What it reads.</summary>
    public abstract Reads Reads { get; }

    /// <summary>The names of the values that <see cref="Read"/> gives.</summary>
    public abstract IReadOnlyList<string> Values { get; }

    /// <summary>Called after each backward pass for each trainable unit, before clipping and before the optimizer.</summary>
    public virtual void Accumulate(StepView step)
    {
    }

    /// <summary>Writes the values of the interval since the last check to <paramref name="values"/> on the device, and begins a new interval.</summary>
    public abstract void Read(StepView step, TensorRange values);
}
