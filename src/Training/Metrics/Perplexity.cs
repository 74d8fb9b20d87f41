using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>The exponential of the mean cross entropy: among how many equally probable classes a guess would be as good.</summary>
public sealed class Perplexity : IMetric
{
    private readonly LossMetric loss = new();

    /// <inheritdoc/>
    public string Name => "perplexity";

    /// <inheritdoc/>
    public Better Better => Better.Lower;

    /// <inheritdoc/>
    public void Begin(int outputs) => loss.Begin(outputs);

    /// <inheritdoc/>
    public void Accumulate(in MetricBatch batch) => loss.Accumulate(in batch);

    /// <inheritdoc/>
    public MetricValue Value() => new(Math.Exp(loss.Value().Scalar));
}
