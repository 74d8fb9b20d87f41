namespace ResearchFreeze.Training;

/// <summary>One row of <c>metrics.csv</c>: what was known after a step; a measurement that was not made is empty.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="LearningRate">The rate of the step.</param>
/// <param name="TrainLoss">The batch's loss.</param>
/// <param name="ValidationLoss">After an epoch: mean loss on validation data.</param>
/// <param name="ValidationAccuracy">After an epoch: accuracy on validation data.</param>
/// <param name="FrozenUnits">Units that are frozen.</param>
/// <param name="Seconds">Since the run began.</param>
public sealed record MetricRow(int Step, int Epoch, float LearningRate, double? TrainLoss, double? ValidationLoss, double? ValidationAccuracy, int FrozenUnits, double Seconds)
{
    /// <summary>After an epoch: the log's further metrics on validation data, in their order.</summary>
    public IReadOnlyList<double> Further { get; init; } = [];
}
