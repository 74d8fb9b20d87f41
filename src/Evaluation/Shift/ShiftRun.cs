using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Evaluation;

/// <summary>How a run adapted to a shift.</summary>
/// <param name="Shift">What changed.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="Accuracy">On the shifted test images, at the end.</param>
/// <param name="FrozenInFront">Units frozen at the end, from the input on.</param>
/// <param name="Decisions">What was frozen and thawed when.</param>
public sealed record ShiftRun(Shift Shift, ulong Seed, double Accuracy, int FrozenInFront, IReadOnlyList<DecisionEntry> Decisions)
{
    /// <summary>Whether the first unit trains at the end, because it was never frozen or was thawed, or is frozen without harm: the accuracy is no further below that of training everything than the margin.</summary>
    public bool RefusedOrThawed(ShiftRun never, double margin)
    {
        ArgumentNullException.ThrowIfNull(never);
        return FrozenInFront == 0 || Accuracy >= never.Accuracy - margin;
    }
}

/// <summary>Runs of one policy on one shift, taken together.</summary>
/// <param name="Name">The policy.</param>
/// <param name="Shift">What changed.</param>
/// <param name="Runs">How many.</param>
/// <param name="Accuracy">The mean.</param>
/// <param name="FrozenInFront">The mean number of units.</param>
/// <param name="RefusedOrThawed">The number of runs for which <see cref="ShiftRun.RefusedOrThawed"/> holds.</param>
public sealed record ShiftSummary(string Name, Shift Shift, int Runs, double Accuracy, double FrozenInFront, int RefusedOrThawed)
{
    /// <summary>Takes runs together, each beside the run of its seed in which everything trained.</summary>
    public static ShiftSummary Of(string name, IReadOnlyList<ShiftRun> runs, IReadOnlyList<ShiftRun> never, double margin)
    {
        ArgumentNullException.ThrowIfNull(runs);
        ArgumentNullException.ThrowIfNull(never);
        return new ShiftSummary(
            name, runs[0].Shift, runs.Count, runs.Average(run => run.Accuracy), runs.Average(run => (double)run.FrozenInFront), runs.Zip(never).Count(pair => pair.First.RefusedOrThawed(pair.Second, margin)));
    }
}
