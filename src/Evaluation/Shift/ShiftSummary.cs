namespace ResearchFreeze.Evaluation;

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
