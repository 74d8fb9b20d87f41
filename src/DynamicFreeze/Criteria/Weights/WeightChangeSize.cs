namespace ResearchFreeze.DynamicFreeze;

/// <summary>The size of the unit's weight change since the last check, not compared with its own past as <see cref="WeightChange"/> is: for rules that compare units, and for methods with a threshold of their own.</summary>
public sealed class WeightChangeSize(WeightMeasure measure) : ICriterion
{
    /// <inheritdoc/>
    public string Name { get; } = measure switch
    {
        WeightMeasure.PerRate => "weight-change-per-rate",
        WeightMeasure.Relative => "relative-weight-change",
        WeightMeasure.Absolute => "absolute-weight-change",
        WeightMeasure.AbsoluteL1 => "absolute-weight-change-l1",
        _ => "mean-relative-weight-change",
    };

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [measure is WeightMeasure.AbsoluteL1 or WeightMeasure.MeanRelative ? new WeightDistanceL1() : new WeightDistance()];

    /// <inheritdoc/>
    public string Finished => "its weights hardly change";

    /// <inheritdoc/>
    public string Unfinished => "its weights still change";

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        if (history.Count < 2) return double.NaN;
        return measure switch
        {
            WeightMeasure.PerRate => WeightDistance.PerRate(history[^1]),
            WeightMeasure.Relative => WeightDistance.Relative(history[^1]),
            WeightMeasure.Absolute => WeightDistance.Absolute(history[^1]),
            WeightMeasure.AbsoluteL1 => WeightDistanceL1.Absolute(history[^1]),
            _ => WeightDistanceL1.Relative(history[^1]),
        };
    }
}
