namespace ResearchFreeze.DynamicFreeze;

/// <summary>A criterion that says when a unit has finished, with another one that says what freezing it costs: <see cref="ICriterion.Price"/> is the other's score.</summary>
/// <param name="criterion">Scores.</param>
/// <param name="price">Its score is the price, in the loss's unit.</param>
public sealed class Priced(ICriterion criterion, ICriterion price) : ICriterion
{
    private readonly ICriterion criterion = criterion ?? throw new ArgumentNullException(nameof(criterion));
    private readonly ICriterion price = price ?? throw new ArgumentNullException(nameof(price));

    /// <inheritdoc/>
    public string Name => criterion.Name;

    /// <inheritdoc/>
    public string Settings => $"{criterion.Settings} at {price.Name}({price.Settings})";

    /// <inheritdoc/>
    public IReadOnlyList<UnitStatistic> Statistics { get; } = [.. criterion.Statistics.Concat(price.Statistics).DistinctBy(statistic => statistic.Key)];

    /// <inheritdoc/>
    public string Finished => criterion.Finished;

    /// <inheritdoc/>
    public string Unfinished => criterion.Unfinished;

    /// <inheritdoc/>
    public double Score(UnitHistory history) => criterion.Score(history);

    /// <inheritdoc/>
    public double Price(UnitHistory history) => price.Score(history);

    /// <inheritdoc/>
    public bool HasPrice => true;

    /// <inheritdoc/>
    public bool NeedsRunSteps => criterion.NeedsRunSteps || price.NeedsRunSteps;

    /// <inheritdoc/>
    public string Explain(UnitHistory history) => criterion.Explain(history);

    /// <inheritdoc/>
    public string Conclude(UnitHistory history, double limit) => criterion.Conclude(history, limit);
}
