namespace ResearchFreeze.Autograd;

/// <summary>One of the updates of a <see cref="Device.RmsProp(ReadOnlySpan{RmsPropTarget}, TensorRange)"/>.</summary>
/// <param name="Step">The update.</param>
/// <param name="Weight">What is updated.</param>
/// <param name="Gradient">Its gradient.</param>
/// <param name="Square">The running mean of its gradients' squares.</param>
/// <param name="Velocity">Its momentum, or null.</param>
/// <param name="Unit">The unit that the work is counted for; 0: none.</param>
public readonly record struct RmsPropTarget(RmsPropStep Step, TensorRange Weight, TensorRange Gradient, TensorRange Square, TensorRange? Velocity, int Unit)
{
    /// <summary>The number of the update's rate among those of a step that is recorded; 0: the rate is the one that is given.</summary>
    internal int Number { get; init; }
}
