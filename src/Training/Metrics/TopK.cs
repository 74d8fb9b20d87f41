using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>The fraction of samples whose label is among the k largest logits; of equal logits the first ones are taken.</summary>
public sealed class TopK : IMetric
{
    private readonly int k;
    private long right, count;

    /// <param name="k">How many logits, at least 1.</param>
    public TopK(int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        this.k = k;
    }

    /// <inheritdoc/>
    public string Name => FormattableString.Invariant($"top-{k}");

    /// <inheritdoc/>
    public Better Better => Better.Higher;

    /// <inheritdoc/>
    public void Begin(int outputs) => (right, count) = (0, 0);

    /// <inheritdoc/>
    public void Accumulate(in MetricBatch batch)
    {
        for (int sample = 0; sample < batch.Count; sample++)
        {
            ReadOnlySpan<double> row = batch.Row(sample);
            int label = batch.Labels[sample], before = 0;
            for (int other = 0; other < row.Length; other++)
            {
                if (row[other] > row[label] || (row[other] == row[label] && other < label)) before++;
            }
            // NaN is larger than nothing: such a row would count as right.
            if (before < k && !double.IsNaN(row[label])) right++;
        }
        count += batch.Count;
    }

    /// <inheritdoc/>
    public MetricValue Value() => new(right / (double)count);
}
