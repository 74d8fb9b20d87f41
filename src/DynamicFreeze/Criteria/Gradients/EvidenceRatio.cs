namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// The mean over an interval's steps and the unit's scalars of g² / (v + 10⁻⁸), v the gradient's variance along its tensor's first axis: the evidence-based criterion of Surgical Fine-Tuning (Lee et al. 2023), which takes a
/// ratio below 0.95 for noise. Gradients that are noise alone give about 1. No opinion of a tensor whose first axis has one element.
/// </summary>
public sealed class EvidenceRatio : ICriterion
{
    /// <inheritdoc/>
    public string Name => "evidence-ratio";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new GradientEvidence()];

    /// <inheritdoc/>
    public string Finished => "its gradient is no larger than it varies";

    /// <inheritdoc/>
    public string Unfinished => "its gradient is larger than it varies";

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        return history.Count < 2 ? double.NaN : GradientEvidence.Mean(history[^1]);
    }
}
