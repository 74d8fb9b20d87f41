using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>2·right / (2·right + wrong + missed) over all labels of all samples together, a label being predicted where its logit is above 0; 0 where no label is set or predicted.</summary>
public sealed class MicroF1 : IMetric
{
    private long right, wrong, missed;

    /// <inheritdoc/>
    public string Name => "f1";

    /// <inheritdoc/>
    public Better Better => Better.Higher;

    /// <inheritdoc/>
    public bool OfTargets => true;

    /// <inheritdoc/>
    public void Begin(int outputs) => (right, wrong, missed) = (0, 0, 0);

    /// <inheritdoc/>
    public void Accumulate(in MetricBatch batch)
    {
        for (int i = 0; i < batch.Targets.Length; i++)
        {
            (bool said, bool isSet) = (batch.Outputs[i] > 0, batch.Targets[i] > 0.5);
            if (said && isSet) right++;
            else if (said) wrong++;
            else if (isSet) missed++;
        }
    }

    /// <inheritdoc/>
    public MetricValue Value() => new(right + wrong + missed == 0 ? 0 : 2.0 * right / ((2.0 * right) + wrong + missed));
}
