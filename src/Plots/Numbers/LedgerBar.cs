using ResearchFreeze.Training;

namespace ResearchFreeze.Plots;

/// <summary>A run's operations by what they were for.</summary>
/// <param name="Parts">Each kind with its operations, in the order of <see cref="Kinds"/>, those skipped last.</param>
/// <param name="Total">Operations that were done, in training and outside.</param>
public sealed record LedgerBar(IReadOnlyList<long> Parts, long Total)
{
    /// <summary>The kinds, in the order of <see cref="Parts"/>.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["forward", "input gradient", "weight gradient", "optimizer", "statistics", "probes", "cache", "evaluation", "other", "skipped"];

    /// <summary>What full training would have done beside this run's forward, gradients and optimizer.</summary>
    public long Skipped => Parts[^1];

    /// <summary>The bar of a summary. All parts but <see cref="Skipped"/> add up to <see cref="Total"/>.</summary>
    public static LedgerBar Of(RunSummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        (RunWork work, RunOutside outside) = (summary.Flops, summary.OutsideTrainingFlops);
        long network = work.Forward + work.InputGradient + work.WeightGradient + work.Optimizer;
        // Full training is measured on a step and scaled to other batches: rounding may leave it a little below.
        long skipped = Math.Max(0, summary.FullTrainingFlops.Total - network);
        return new LedgerBar(
            [work.Forward, work.InputGradient, work.WeightGradient, work.Optimizer, work.Controller, work.Probe, work.Cache, outside.Evaluation, outside.Other, skipped], work.Total + outside.Total);
    }
}
