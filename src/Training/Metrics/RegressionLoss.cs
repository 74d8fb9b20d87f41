using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>Mean squared error, or Huber's loss (half of the square up to δ, linear beyond), of normalised targets, over samples and targets.</summary>
/// <param name="delta">Huber's δ; null: mean squared error.</param>
public sealed class RegressionLoss(double? delta = null) : IMetric
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
            double error = Math.Abs(batch.Outputs[i] - batch.Targets[i]) / batch.DeviationOf(i % batch.Classes);
            sum += delta is not { } limit ? error * error : error <= limit ? 0.5 * error * error : limit * (error - (0.5 * limit));
        }
        count += batch.Targets.Length;
    }

    /// <inheritdoc/>
    public MetricValue Value() => new(sum / count);
}
