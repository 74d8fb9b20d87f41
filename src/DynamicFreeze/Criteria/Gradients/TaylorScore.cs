namespace ResearchFreeze.DynamicFreeze;

/// <summary>The unit's Taylor importance (<see cref="TaylorImportance"/>): low for a unit whose training brings little. To be compared between units: a budget or a percentile rule does.</summary>
public sealed class TaylorScore : ICriterion
{
    /// <inheritdoc/>
    public string Name => "taylor-importance";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new TaylorImportance()];

    /// <inheritdoc/>
    public string Finished => "training it matters little to the loss";

    /// <inheritdoc/>
    public string Unfinished => "training it still matters to the loss";

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        return history.Count < 1 ? double.NaN : TaylorImportance.Of(history[^1]);
    }
}
