using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>How many samples of each label (row) were taken for each class (column); of equal logits the first is the prediction. There is a row for every column of the logits.</summary>
public sealed class ConfusionMatrix : IMetric
{
    private double[,] counts = new double[0, 0];

    /// <inheritdoc/>
    public string Name => "confusion";

    /// <inheritdoc/>
    public Better Better => Better.Higher;

    /// <inheritdoc/>
    public bool IsTable => true;

    /// <inheritdoc/>
    public void Begin(int outputs) => counts = new double[outputs, outputs];

    /// <inheritdoc/>
    public void Accumulate(in MetricBatch batch)
    {
        for (int i = 0; i < batch.Count; i++) counts[batch.Labels[i], batch.Predicted(i)]++;
    }

    /// <inheritdoc/>
    public MetricValue Value() => new(double.NaN, counts);
}
