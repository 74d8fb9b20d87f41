namespace ResearchFreeze.DynamicFreeze;

/// <summary>1 − the cosine of the gradient with the unit's branches cut and the true one, over what lies upstream (<see cref="CutBias"/>): low for a unit that can be cut with little harm. No opinion on units that cannot be cut.</summary>
public sealed class CutScore : ICriterion
{
    /// <inheritdoc/>
    public string Name => "cut-bias";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new CutBias()];

    /// <inheritdoc/>
    public string Finished => "cutting it hardly turns the gradient upstream";

    /// <inheritdoc/>
    public string Unfinished => "cutting it turns the gradient upstream";

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        return history.Count < 1 ? double.NaN : 1 - CutBias.CosineOf(history[^1]);
    }
}
