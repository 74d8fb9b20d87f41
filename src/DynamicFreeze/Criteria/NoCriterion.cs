namespace ResearchFreeze.DynamicFreeze;

/// <summary>Measures nothing and has no opinion: for rules that follow a plan.</summary>
public sealed class NoCriterion : ICriterion
{
    /// <inheritdoc/>
    public string Name => "none";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics => [];

    /// <inheritdoc/>
    public double Score(UnitHistory history) => double.NaN;

    /// <inheritdoc/>
    public string Explain(UnitHistory history) => "nothing is measured";
}
