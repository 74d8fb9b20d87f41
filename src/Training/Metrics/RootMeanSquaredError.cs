using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>√ mean (prediction − target)² over samples and targets, in the data's unit.</summary>
public sealed class RootMeanSquaredError : IMetric
{
    private double sum;
    private long count;

    /// <inheritdoc/>
    public string Name => "rmse";

    /// <inheritdoc/>
    public Better Better => Better.Lower;

    /// <inheritdoc/>
    public bool OfTargets => true;

    /// <inheritdoc/>
    public void Begin(int outputs) => (sum, count) = (0, 0);

    /// <inheritdoc/>
    public void Accumulate(in MetricBatch batch)
    {
        for (int i = 0; i < batch.Targets.Length; i++) sum += (batch.Outputs[i] - batch.Targets[i]) * (batch.Outputs[i] - batch.Targets[i]);
        count += batch.Targets.Length;
    }

    /// <inheritdoc/>
    public MetricValue Value() => new(Math.Sqrt(sum / count));
}
