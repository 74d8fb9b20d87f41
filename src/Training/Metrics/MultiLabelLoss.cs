using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>Mean binary cross entropy over samples and labels, in nats.</summary>
public sealed class MultiLabelLoss : IMetric
{
    private double sum;
    private long count;

    /// <inheritdoc/>
    public string Name => "loss";

    /// <inheritdoc/>
    public Better Better => Better.Lower;

    /// <inheritdoc/>
    public bool OfTargets => true;

    /// <inheritdoc/>
    public void Begin(int outputs) => (sum, count) = (0, 0);

    /// <inheritdoc/>
    public void Accumulate(in MetricBatch batch)
    {
        for (int i = 0; i < batch.Targets.Length; i++)
        {
            double logit = batch.Outputs[i];
            // −log σ(z) for a label that is set, −log σ(−z) for one that is not, without overflow.
            sum += Math.Max(logit, 0) - (logit * batch.Targets[i]) + Math.Log(1 + Math.Exp(-Math.Abs(logit)));
        }
        count += batch.Targets.Length;
    }

    /// <inheritdoc/>
    public MetricValue Value() => new(sum / count);
}
