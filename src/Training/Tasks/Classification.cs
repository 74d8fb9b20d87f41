using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>One class a sample: cross entropy, and accuracy as the primary metric.</summary>
public sealed class Classification : ITask
{
    private readonly double smoothing;

    /// <param name="smoothing">What is taken of a label's probability and spread over all classes while training (Szegedy et al. 2016), in [0, 1). The loss that is measured has none.</param>
    public Classification(double smoothing = 0)
    {
        if (smoothing is not (>= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(smoothing), FormattableString.Invariant($"Classification: smoothing is in [0, 1), found {smoothing}."));
        this.smoothing = smoothing;
    }

    /// <inheritdoc/>
    public string Name => "classification";

    /// <inheritdoc/>
    public IReadOnlyList<IMetric> Metrics { get; } = [new LossMetric(), new AccuracyMetric()];

    /// <inheritdoc/>
    public IMetric Primary => Metrics[1];

    /// <inheritdoc/>
    public bool IsLossInNats => true;

    /// <inheritdoc/>
    public DataSplits Prepare(DataSplits data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.Train.TokenClassCount > 0) throw new DataFormatException(data.Name, "a class for each sample, for classification", "a label for each token (--task next-token, or token-classification)");
        return data.Train.TargetCount == 0 ? data : throw new DataFormatException(data.Name, "classes, for classification", $"{data.Train.TargetCount} numbers to predict (--task regression, or multi-label)");
    }

    /// <inheritdoc/>
    public Tensor Loss(Tensor outputs, Batch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return Layers.Loss.CrossEntropy(outputs, batch.Labels, smoothing: smoothing);
    }

    /// <inheritdoc/>
    public (double Loss, string What)? Guessing(HostDataSet train)
    {
        ArgumentNullException.ThrowIfNull(train);
        return train.ClassCount > 1 ? (Math.Log(train.ClassCount), $"guessing among {train.ClassCount} classes") : null;
    }
}
