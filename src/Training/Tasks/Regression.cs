using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>Numbers to predict: mean squared error or Huber's loss, and the root of the mean squared error as the primary metric.</summary>
/// <remarks>Targets are normalised to mean 0 and deviation 1 over the training set, so that a rate that is right for one unit is for another. The loss is of normalised targets; the other metrics are in the data's own unit.</remarks>
public sealed class Regression : ITask
{
    private readonly double? delta;

    /// <param name="delta">Where Huber's loss becomes linear, in deviations of the target; null: mean squared error.</param>
    public Regression(double? delta = null)
    {
        if (delta is { } given && !(given > 0 && double.IsFinite(given))) throw new ArgumentOutOfRangeException(nameof(delta), FormattableString.Invariant($"Regression: delta must be positive and finite, found {given}."));
        this.delta = delta;
        Metrics = [new RegressionLoss(delta), new RootMeanSquaredError(), new MeanAbsoluteError(), new DeterminationCoefficient()];
    }

    /// <inheritdoc/>
    public string Name => "regression";

    /// <inheritdoc/>
    public IReadOnlyList<IMetric> Metrics { get; }

    /// <inheritdoc/>
    public IMetric Primary => Metrics[1];

    /// <inheritdoc/>
    public DataSplits Prepare(DataSplits data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.Train.TargetCount == 0) throw new DataFormatException(data.Name, "numbers to predict, for regression (as csv:FILE,target=COLUMN)", "classes");
        return data.Train.TargetNormalisation is null ? data.WithTargetNormalisation(Normalisation.OfTargets(data.Train)) : data;
    }

    /// <inheritdoc/>
    public Tensor Loss(Tensor outputs, Batch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Tensor targets = batch.Targets ?? throw new ArgumentException("Regression: the batch has no targets.");
        return delta is { } limit ? Layers.Loss.Huber(outputs, targets, limit) : Layers.Loss.MeanSquaredError(outputs, targets);
    }

    /// <inheritdoc/>
    public (double Loss, string What)? Guessing(HostDataSet train) => delta is null ? (1, "always predicting the mean") : null;
}
