namespace ResearchFreeze.Training;

/// <summary>A class for each token, as a part of speech or the kind of a name: cross entropy, and accuracy over the tokens that have a label as the primary metric.</summary>
public sealed class TokenClassification : TokenTask
{
    /// <inheritdoc/>
    public override string Name => "token-classification";

    /// <inheritdoc/>
    public override IReadOnlyList<IMetric> Metrics { get; } = [new LossMetric(), new AccuracyMetric()];
}
