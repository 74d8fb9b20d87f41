using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>The fraction of samples whose largest logit is their label's; of equal logits the first is the prediction.</summary>
public sealed class AccuracyMetric : IMetric
{
    private int right;
    private int count;

    /// <inheritdoc/>
    public string Name => "accuracy";

    /// <inheritdoc/>
    public Better Better => Better.Higher;

    /// <inheritdoc/>
    public void Begin(int outputs) => (right, count) = (0, 0);

    /// <inheritdoc/>
    public void Accumulate(in MetricBatch batch)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            if (batch.Predicted(i) == batch.Labels[i]) right++;
        }
        count += batch.Count;
    }

    /// <inheritdoc/>
    public MetricValue Value() => new(right / (double)count);
}
