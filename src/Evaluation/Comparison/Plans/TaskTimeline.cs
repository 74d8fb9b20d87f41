using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>
/// When a method froze on other tasks, by depth: what a plan made beforehand would know. The share of a run for which each unit was frozen, mean over the runs of a task, then over tasks; between units it is linear in depth, which is
/// 0 at the unit next to the input and 1 at the last one beside the heads.
/// </summary>
public static class TaskTimeline
{
    /// <summary>The times for a model, as parts of the run; 1: never.</summary>
    /// <param name="folders">Comparisons of other tasks.</param>
    /// <param name="method">The method, as it was compared there.</param>
    /// <param name="here">This task: of the same model and data a comparison is none of another.</param>
    /// <param name="units">Units beside the heads.</param>
    /// <exception cref="ArgumentException">A comparison is of this task, or has no finished run of the method.</exception>
    /// <exception cref="FormatException">A file is none of a comparison's.</exception>
    /// <exception cref="IOException">A folder has no comparison, or cannot be read.</exception>
    public static IReadOnlyList<double> Of(IReadOnlyList<string> folders, string method, RunSettings here, int units)
    {
        ArgumentNullException.ThrowIfNull(folders);
        ArgumentNullException.ThrowIfNull(here);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(units);
        if (folders.FirstOrDefault(string.IsNullOrWhiteSpace) is not null) throw new ArgumentException($"--timeline-from '{string.Join(',', folders)}' must be folders joined by ',', which none of them can have in its path; found an empty one.");
        if (folders.GroupBy(folder => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))).FirstOrDefault(group => group.Count() > 1) is { } twice) throw new ArgumentException($"--timeline-from has '{twice.First()}' twice.");
        // Two comparisons of one task, of other seeds say, are one task.
        double[][] tasks =
        [
            .. folders.SelectMany(folder => SharesOf(folder, method, here)).GroupBy(run => (run.Settings.Model, run.Settings.Data, run.Shares.Length)).Select(task => Enumerable.Range(0, task.Key.Length).Select(unit => task.Average(run => run.Shares[unit])).ToArray()),
        ];
        return [.. Enumerable.Range(0, units).Select(unit => 1 - tasks.Average(shares => At(shares, units == 1 ? 0 : (double)unit / (units - 1))))];
    }

    /// <summary>The share of a run for which each unit beside the heads was frozen.</summary>
    /// <param name="record">Its decisions.</param>
    /// <param name="steps">Its steps.</param>
    public static double[] Shares(DecisionRecord record, int steps)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        var frozen = new double[record.Units.Count];
        var since = new int?[record.Units.Count];
        foreach (DecisionEntry entry in record.Entries.Where(entry => entry.Unit >= 0))
        {
            if (entry.Action == FreezeAction.Freeze) since[entry.Unit] ??= entry.Step;
            else if (entry.Action == FreezeAction.Thaw && since[entry.Unit] is { } step) (frozen[entry.Unit], since[entry.Unit]) = (frozen[entry.Unit] + entry.Step - step, null);
        }
        return [.. frozen.Select((sum, unit) => (sum + (since[unit] is { } step ? steps - step : 0)) / steps).Where((_, unit) => !record.Heads.Contains(unit))];
    }

    private static IEnumerable<(RunSettings Settings, double[] Shares)> SharesOf(string folder, string method, RunSettings here)
    {
        ComparisonPlan plan = ComparisonPlan.Read(folder);
        PlannedRun[] runs = [.. plan.All.Where(run => run.Role == RunRole.Method && run.Method == method && ComparisonFolder.StateOf(folder, run) == RunState.Done)];
        if (runs.Length == 0) throw new ArgumentException($"--timeline-from '{folder}' has no finished run of '{method}'; it compares {string.Join(", ", plan.Methods)}.");
        foreach (OpenedRun run in runs.Select(run => RunFolder.Open(ComparisonPlan.FolderOf(folder, run))))
        {
            RunSettings there = run.Settings;
            if ((there.Model, there.Data) == (here.Model, here.Data)) throw new ArgumentException($"--timeline-from '{folder}' is of this task, {here.Model} on {here.Data}: seeds of one task can be exchanged, so its times are no other task's.");
            double[] shares = Shares(run.Decisions, run.Summary.Steps);
            if (shares.Length == 0) throw new ArgumentException($"--timeline-from '{folder}': the model has no unit beside its head.");
            yield return (there, shares);
        }
    }

    private static double At(double[] shares, double depth)
    {
        double place = depth * (shares.Length - 1);
        int below = Math.Min((int)place, shares.Length - 1), above = Math.Min(below + 1, shares.Length - 1);
        return shares[below] + ((place - below) * (shares[above] - shares[below]));
    }
}
