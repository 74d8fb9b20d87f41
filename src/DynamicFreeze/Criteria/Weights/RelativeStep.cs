namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// SlimFit's distance (Ardakani et al. 2023): the mean of |w − w₀| / |w₀| over the unit's scalars since the last check. Unlike other criteria it has an opinion at the first observation of a stretch: w₀ are the weights before
/// the stretch's first update, and a unit that trains for one step at a time has no second one.
/// </summary>
public sealed class RelativeStep : ICriterion
{
    /// <inheritdoc/>
    public string Name => "relative-step";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new WeightDistanceL1()];

    /// <inheritdoc/>
    public string Finished => "its weights hardly changed when it trained last";

    /// <inheritdoc/>
    public string Unfinished => "its weights changed when it trained last";

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        return history.Count < 1 ? double.NaN : WeightDistanceL1.Relative(history[^1]);
    }
}
