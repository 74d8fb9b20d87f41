namespace ResearchFreeze.Training;

/// <summary>How long a run may be that spends what an earlier one has saved.</summary>
public static class SpentSaving
{
    /// <summary>The steps with which a run that does the same costs as many operations as full training of the steps that the earlier run was to take, if it goes on saving as much a step.</summary>
    /// <param name="folder">The earlier run's folder.</param>
    /// <exception cref="ArgumentException">The run has not ended as it should, or did no operations.</exception>
    /// <exception cref="FormatException">Its summary is none.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static int Steps(string folder)
    {
        RunSummary summary = RunFolder.ReadEnded(folder, "--spend-saving", "what it saved");
        if (summary.Flops.Total == 0) throw new ArgumentException($"--spend-saving '{folder}': the run took no operations.");
        return checked((int)Math.Round(summary.Steps * (summary.FullRunFlops / summary.Flops.Total)));
    }
}
