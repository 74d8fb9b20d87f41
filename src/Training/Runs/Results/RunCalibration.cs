namespace ResearchFreeze.Training;

/// <summary>How well step times were predicted in earlier runs.</summary>
public static class RunCalibration
{
    /// <summary>The errors of all predictions of some runs: what a step took over what it was predicted to take.</summary>
    /// <param name="runs">Run folders.</param>
    /// <exception cref="ArgumentException">A run has not ended, or none of them has a prediction.</exception>
    /// <exception cref="IOException">A folder is none of a run.</exception>
    public static IReadOnlyList<double> Read(IReadOnlyList<string> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var errors = new List<double>();
        foreach (string run in runs)
        {
            if (!File.Exists(Path.Combine(run, RunFiles.Summary))) throw new ArgumentException($"'{run}' cannot calibrate: it has no {RunFiles.Summary}, expected the folder of a run that has ended.");
            errors.AddRange(RunFolder.ReadSummary(run).StepTimes.Where(time => time is { Promised: > 0, Found: > 0 }).Select(time => time.Found!.Value / time.Promised!.Value));
        }
        return errors.Count > 0 ? errors : throw new ArgumentException($"{string.Join(", ", runs.Select(run => $"'{run}'"))}: expected a freeze with a measured step time, found none to calibrate with.");
    }
}
