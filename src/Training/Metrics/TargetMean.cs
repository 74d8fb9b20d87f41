using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>The mean of something over all targets of all samples.</summary>
public abstract class TargetMean : IMetric
{
    private double sum;
    private long count;

    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public Better Better => Better.Lower;

    /// <inheritdoc/>
    public bool OfTargets => true;

    /// <inheritdoc/>
    public void Begin(int outputs) => (sum, count) = (0, 0);

    /// <inheritdoc/>
    public void Accumulate(in MetricBatch batch)
    {
        for (int i = 0; i < batch.Targets.Length; i++) sum += Term(batch.Outputs[i], batch.Targets[i], batch.DeviationOf(i % batch.Classes));
        count += batch.Targets.Length;
    }

    /// <inheritdoc/>
    public MetricValue Value() => new(Of(sum / count));

    /// <summary>What the mean is of.</summary>
    /// <param name="output">The model's output, in the data's unit.</param>
    /// <param name="target">The target, likewise.</param>
    /// <param name="deviation">What a difference is divided by to be of the normalised target.</param>
    protected abstract double Term(double output, double target, double deviation);

    /// <summary>The metric's value, where it is not the mean itself.</summary>
    protected virtual double Of(double mean) => mean;
}
