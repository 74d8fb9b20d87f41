using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>The folder of an atlas: <c>atlas.json</c>, full training in <c>source</c>, a run's folder for each cell below <c>cells</c>, and the data set: <c>atlas.csv</c>, <c>atlas.parquet</c> and <c>statistics.csv</c>.</summary>
public static class AtlasFolder
{
    /// <summary>Full training.</summary>
    public const string Source = "source";

    /// <summary>The folder with the cells' folders.</summary>
    public const string Cells = "cells";

    /// <summary>One row a cell.</summary>
    public const string Rows = "atlas.csv";

    /// <summary>The same rows.</summary>
    public const string Parquet = "atlas.parquet";

    /// <summary>Every criterion's score and every statistic, a row a unit and check of full training.</summary>
    public const string Statistics = "statistics.csv";

    /// <summary>The folder of a cell.</summary>
    public static string FolderOf(string folder, AtlasCell cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        return Path.Combine(folder, Cells, cell.Name);
    }

    /// <summary>The folder of full training.</summary>
    public static string SourceOf(string folder) => Path.Combine(folder, Source);

    /// <summary>Makes a plan a folder's own, with full training ready to begin.</summary>
    /// <param name="folder">The folder, which is made if need be.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="source">The settings of full training.</param>
    /// <param name="goesOn">Whether what is there already counts.</param>
    /// <exception cref="IOException">There is an atlas already, or another one, or something else; or it cannot be written.</exception>
    public static void Take(string folder, AtlasPlan plan, RunSettings source, bool goesOn)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(plan);
        if (File.Exists(Path.Combine(folder, AtlasPlan.File)))
        {
            if (plan.Difference(AtlasPlan.Read(folder)) is { } difference) throw new IOException($"'{folder}' has another atlas: {difference}; give another folder.");
            if (!goesOn) throw new IOException($"'{folder}' has this atlas already; --only-missing goes on with it.");
        }
        else
        {
            foreach (string name in (string[])[Source, Cells, Rows, Parquet, Statistics])
            {
                if (Path.Exists(Path.Combine(folder, name))) throw new IOException($"'{Path.Combine(folder, name)}' is there already, and '{folder}' has no {AtlasPlan.File}; give another folder.");
            }
            Directory.CreateDirectory(folder);
            plan.Write(folder);
        }
        // What is needed to begin, as a run has it that was killed before its first checkpoint.
        if (!File.Exists(Path.Combine(SourceOf(folder), "config.json"))) RunFolder.WriteConfig(SourceOf(folder), source);
        Directory.CreateDirectory(Path.Combine(folder, Cells));
    }

    /// <summary>What differs between an atlas's full training and the run that it is of, in words; null: their weights are the same bits.</summary>
    public static string? Strays(string folder, string run)
    {
        (string here, string there) = (RunFolder.WeightsOf(SourceOf(folder), RunWeights.Last), RunFolder.WeightsOf(run, RunWeights.Last));
        return File.ReadAllBytes(here).AsSpan().SequenceEqual(File.ReadAllBytes(there)) ? null : $"full training of the atlas did not end in the weights of '{run}', which was made elsewhere or by another version: prices are held against the atlas's own";
    }

    /// <summary>How far a cell is, or full training.</summary>
    /// <param name="at">The run's folder.</param>
    /// <param name="fork">What the cell does differently; null: it is full training.</param>
    /// <exception cref="FormatException">Its files are no run's.</exception>
    /// <exception cref="IOException">Its folder has a run of other settings.</exception>
    public static RunState StateOf(string at, string? fork)
    {
        if (!File.Exists(Path.Combine(at, "config.json"))) return RunState.Missing;
        string? found = RunFolder.ReadConfig(at).Fork;
        if (found != fork) throw new IOException($"'{at}' is a run of other settings: fork '{found ?? "none"}', the atlas has '{fork ?? "none"}'.");
        if (!File.Exists(Path.Combine(at, "summary.json"))) return RunState.Unfinished;
        RunSummary summary = RunFolder.ReadSummary(at);
        return summary.Failure is not null ? RunState.Failed : summary.Cancelled ? RunState.Unfinished : RunState.Done;
    }
}
