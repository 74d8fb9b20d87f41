namespace ResearchFreeze.Autograd;

/// <summary>One of the updates of a <see cref="Device.Adam(ReadOnlySpan{AdamTarget}, TensorRange)"/>.</summary>
/// <param name="Step">The update.</param>
/// <param name="Weight">What is updated.</param>
/// <param name="Gradient">Its gradient.</param>
/// <param name="Mean">The running mean of its gradients.</param>
/// <param name="Square">The running mean of their squares.</param>
/// <param name="Unit">The unit that the work is counted for; 0: none.</param>
public readonly record struct AdamTarget(AdamStep Step, TensorRange Weight, TensorRange Gradient, TensorRange Mean, TensorRange Square, int Unit)
{
    /// <summary>The number of the update's rate among those of a step that is recorded; 0: the rate is the one that is given.</summary>
    internal int Number { get; init; }
}
