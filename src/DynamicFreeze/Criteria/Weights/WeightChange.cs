namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// The unit's relative weight change per unit of learning rate, ‖ΔW‖ / (‖W‖ · ∫rate) over the interval, as a fraction of the largest it has shown: 1 while it moves as
/// fast as ever, low when it has settled. The rate is divided out, or every unit would look finished at the end of a schedule.
/// </summary>
public sealed class WeightChange : ICriterion
{
    /// <inheritdoc/>
    public string Name => "weight-change";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new WeightDistance()];

    /// <inheritdoc/>
    public string Finished => "its weights hardly change";

    /// <inheritdoc/>
    public string Unfinished => "its weights still change";

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        return history.FractionOfPeak(WeightDistance.PerRate);
    }
}
