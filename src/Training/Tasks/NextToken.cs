namespace ResearchFreeze.Training;

/// <summary>The token behind each token: cross entropy, and perplexity as the primary metric.</summary>
public sealed class NextToken : TokenTask
{
    /// <inheritdoc/>
    public override string Name => "next-token";

    /// <inheritdoc/>
    public override IReadOnlyList<IMetric> Metrics { get; } = [new LossMetric(), new Perplexity(), new AccuracyMetric()];
}
