using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>A class for each token: cross entropy over the tokens that have a label. A model gives outputs (n, length, classes).</summary>
public abstract class TokenTask : ITask
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public abstract IReadOnlyList<IMetric> Metrics { get; }

    /// <inheritdoc/>
    public IMetric Primary => Metrics[1];

    /// <inheritdoc/>
    public bool IsLossInNats => true;

    /// <inheritdoc/>
    public bool IsOfTokens => true;

    /// <inheritdoc/>
    public DataSplits Prepare(DataSplits data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return data.Train.TokenClassCount > 0 ? data : throw new DataFormatException(data.Name, $"a label for each token, for {Name} (as text:FILE)", data.Train.TargetCount > 0 ? "numbers to predict" : "a class for each sample");
    }

    /// <inheritdoc/>
    public Tensor Loss(Tensor outputs, Batch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return Layers.Loss.CrossEntropy(outputs, batch.TokenLabels ?? throw new ArgumentException($"Task {Name}: the batch has no labels of tokens."), ignoreIndex: -1);
    }

    /// <inheritdoc/>
    public (double Loss, string What)? Guessing(HostDataSet train)
    {
        ArgumentNullException.ThrowIfNull(train);
        return train.TokenClassCount > 1 ? (Math.Log(train.TokenClassCount), $"guessing among {train.TokenClassCount} classes") : null;
    }
}
