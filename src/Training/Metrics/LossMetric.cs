using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>Mean cross entropy over the samples, in nats.</summary>
public sealed class LossMetric : IMetric
{
    private double sum;
    private int count;

    /// <inheritdoc/>
    public string Name => "loss";

    /// <inheritdoc/>
    public Better Better => Better.Lower;

    /// <inheritdoc/>
    public void Begin(int outputs) => (sum, count) = (0, 0);

    /// <inheritdoc/>
    public void Accumulate(in MetricBatch batch)
    {
        for (int i = 0; i < batch.Count; i++) sum += batch.LogSumExp(i) - batch.Row(i)[batch.Labels[i]];
        count += batch.Count;
    }

    /// <inheritdoc/>
    public MetricValue Value() => new(sum / count);
}
