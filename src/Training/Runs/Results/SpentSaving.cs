using System.Globalization;

namespace ResearchFreeze.Training;

/// <summary>How long a run may be that spends what an earlier one has saved.</summary>
public static class SpentSaving
{
    /// <summary>The steps with which a run that does the same costs as many operations as full training of the steps that the earlier run was to take, if it goes on saving as much a step.</summary>
    /// <param name="folder">The earlier run's folder.</param>
    /// <param name="settings">The run that is to spend it.</param>
    /// <exception cref="ArgumentException">The run has not ended as it should, did no operations, or its steps are others: of another model, other data, another batch.</exception>
    /// <exception cref="FormatException">Its summary is none.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static int Steps(string folder, RunSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        RunSummary summary = RunFolder.ReadEnded(folder, "--spend-saving", "what it saved");
        if (summary.Flops.Total == 0) throw new ArgumentException($"--spend-saving '{folder}': the run took no operations.");
        RunSettings earlier = RunFolder.ReadConfig(folder);
        Same("--model", earlier.Model, settings.Model);
        Same("--data", earlier.Data, settings.Data);
        Same("--batch", Text(earlier.BatchSize), Text(settings.BatchSize));
        Same("--accumulate", Text(earlier.Accumulate), Text(settings.Accumulate));
        return checked((int)Math.Round(summary.Steps * (summary.FullRunFlops / summary.Flops.Total)));

        void Same(string option, string there, string here)
        {
            if (there != here) throw new ArgumentException($"--spend-saving '{folder}': that run has {option} '{there}', and this one '{here}': what was saved there is not counted in steps of this one.");
        }

        static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
    }
}
