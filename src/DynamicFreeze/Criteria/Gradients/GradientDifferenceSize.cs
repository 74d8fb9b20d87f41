namespace ResearchFreeze.DynamicFreeze;

/// <summary>‖g(t) − g(t−1)‖₁ of the last two steps (<see cref="GradientDifference"/>): what GradES's paper (2025) compares with a threshold.</summary>
public sealed class GradientDifferenceSize : ICriterion
{
    /// <inheritdoc/>
    public string Name => "gradient-difference";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [new GradientDifference()];

    /// <inheritdoc/>
    public string Finished => "its gradient hardly changes from step to step";

    /// <inheritdoc/>
    public string Unfinished => "its gradient still changes from step to step";

    /// <inheritdoc/>
    public double Score(UnitHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        // The first may be of one step alone, which has none before it.
        return history.Count < 2 ? double.NaN : GradientDifference.Of(history[^1]);
    }
}
