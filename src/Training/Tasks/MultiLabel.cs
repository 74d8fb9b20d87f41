using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>Any of several labels a sample, each a target of 0 or 1: binary cross entropy, and F1 over all labels together as the primary metric.</summary>
public sealed class MultiLabel : ITask
{
    /// <inheritdoc/>
    public string Name => "multi-label";

    /// <inheritdoc/>
    public IReadOnlyList<IMetric> Metrics { get; } = [new MultiLabelLoss(), new MicroF1()];

    /// <inheritdoc/>
    public IMetric Primary => Metrics[1];

    /// <inheritdoc/>
    public bool IsLossInNats => true;

    /// <inheritdoc/>
    public DataSplits Prepare(DataSplits data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.Train.TargetCount == 0) throw new DataFormatException(data.Name, "targets of 0 and 1, for multi-label (as csv:FILE,target=A+B)", "classes");
        foreach (HostDataSet part in (HostDataSet[])[data.Train, data.Validation, data.Test])
        {
            var targets = new float[part.TargetCount];
            for (int sample = 0; sample < part.Count; sample++)
            {
                part.CopyTargets(sample, targets);
                int bad = Array.FindIndex(targets, value => value is not (0 or 1));
                if (bad >= 0) throw new DataFormatException(part.Name, "targets of 0 and 1, for multi-label", FormattableString.Invariant($"{targets[bad]} at sample {sample}, target {bad}"));
            }
        }
        return data;
    }

    /// <inheritdoc/>
    public Tensor Loss(Tensor outputs, Batch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return Layers.Loss.BinaryCrossEntropy(outputs, batch.Targets ?? throw new ArgumentException("Multi-label: the batch has no targets."));
    }

    /// <inheritdoc/>
    public (double Loss, string What)? Guessing(HostDataSet train) => null;
}
