using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>
/// R² = 1 − Σ(prediction − target)² / Σ(target − mean)², the mean over the targets of each target's: 1 is right, 0 as good as always predicting the mean, below that worse. NaN where a target has one value throughout.
/// </summary>
public sealed class DeterminationCoefficient : IMetric
{
    private double[] errors = [], means = [], squares = [];
    private long count;

    /// <inheritdoc/>
    public string Name => "r2";

    /// <inheritdoc/>
    public Better Better => Better.Higher;

    /// <inheritdoc/>
    public bool OfTargets => true;

    /// <inheritdoc/>
    public void Begin(int outputs) => (errors, means, squares, count) = (new double[outputs], new double[outputs], new double[outputs], 0);

    /// <inheritdoc/>
    public void Accumulate(in MetricBatch batch)
    {
        for (int sample = 0; sample < batch.Count; sample++)
        {
            count++;
            for (int target = 0; target < means.Length; target++)
            {
                double value = batch.Targets[(sample * means.Length) + target], error = batch.Outputs[(sample * means.Length) + target] - value;
                errors[target] += error * error;
                // Welford's sum of squares: targets may lie far from zero.
                double before = value - means[target];
                means[target] += before / count;
                squares[target] += before * (value - means[target]);
            }
        }
    }

    /// <inheritdoc/>
    public MetricValue Value() => new(errors.Select((error, target) => squares[target] > 0 ? 1 - (error / squares[target]) : double.NaN).Average());
}
