using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>
/// The files of a finished run: <c>config.json</c>, <c>data.json</c>, <c>environment.json</c>, <c>summary.json</c>, <c>last.safetensors</c> and <c>best.safetensors</c>, and <c>test-confusion.csv</c> or another table of a metric, where one was asked
/// for, beside the log's <c>metrics.csv</c> and <c>decisions.jsonl</c> (<see cref="RunLog"/>) and the folder <c>checkpoints</c> (<see cref="RunCheckpoints"/>). Each is written beside and renamed.
/// </summary>
public static class RunFolder
{
    /// <summary>Whether a file is one of a run's own, by its name and place: nothing else should be written over it.</summary>
    public static bool IsOwn(string folder, string path) =>
        Path.GetFullPath(path) is var full && Path.GetRelativePath(Path.GetFullPath(folder), full) is var inside && (RunFiles.IsName(inside) || Path.GetDirectoryName(inside) == RunFiles.Checkpoints);

    /// <summary>Opens a run's folder: <c>RunFolder.Open("runs/a").Summary.TestAccuracy</c>.</summary>
    /// <exception cref="IOException">There is no run in the folder.</exception>
    public static OpenedRun Open(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        return File.Exists(Path.Combine(folder, RunFiles.Config)) ? new OpenedRun(folder) : throw new FileNotFoundException($"'{folder}' has no run: there is no {RunFiles.Config}.");
    }

    /// <summary>Reads what was asked for in a run.</summary>
    /// <exception cref="FormatException">The file is no run's settings; the message has the line where one is to blame.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static RunSettings ReadConfig(string folder)
    {
        string path = Path.Combine(folder, RunFiles.Config);
        if (!File.Exists(path)) throw new FileNotFoundException($"'{folder}' has no run: there is no {RunFiles.Config}.", path);
        return JsonRecord.Read(path, "a run's settings", RunJson.Default.RunSettings, RunSettings.CurrentSchema);
    }

    /// <summary>Deletes what a run has written into a folder, so that none is there; what else is in it stays.</summary>
    /// <exception cref="IOException">A run is writing to it, a file of a run's name was not written by one, or one cannot be deleted.</exception>
    public static void Clear(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        if (!Directory.Exists(folder)) return;
        using RunLock held = RunLock.Take(folder);
        RunFiles.MakeRoom(folder, [], overwrites: true);
        // The last: without it the rest is no run's.
        File.Delete(Path.Combine(folder, RunFiles.Config));
    }

    /// <summary>Makes a folder with a run's settings, from which <see cref="ResumedRun"/> begins the run.</summary>
    /// <exception cref="IOException">There is a run in the folder, or it cannot be written.</exception>
    internal static void WriteConfig(string folder, RunSettings settings)
    {
        Directory.CreateDirectory(folder);
        JsonRecord.Write(Path.Combine(folder, RunFiles.Config), settings, RunJson.Default.RunSettings, replaces: false);
    }

    /// <summary>Reads what a run gave.</summary>
    /// <exception cref="FormatException">The file is no run's summary; the message has the line where one is to blame.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static RunSummary ReadSummary(string folder)
    {
        RunSummary summary = JsonRecord.Read(Path.Combine(folder, RunFiles.Summary), "a run's summary", RunJson.Default.RunSummary, RunSummary.CurrentSchema);
        string? other = summary.Tables.FirstOrDefault(name => name != Path.GetFileName(name) || !name.StartsWith("test-", StringComparison.Ordinal));
        return other is null ? summary : throw new FormatException($"'{Path.Combine(folder, RunFiles.Summary)}' is not a run's summary: '{other}' is no file of a metric's table.");
    }

    /// <summary>Reads what a run gave that has taken all its steps: of another the numbers are a part of a run's.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="option">What names it, for messages.</param>
    /// <param name="what">What is asked of it.</param>
    /// <exception cref="ArgumentException">The run is still at it, was killed or stopped, or has failed.</exception>
    /// <exception cref="FormatException">The file is no run's summary; the message has the line where one is to blame.</exception>
    /// <exception cref="IOException">There is no run in the folder, or it cannot be read.</exception>
    internal static RunSummary ReadEnded(string folder, string option, string what)
    {
        string? why = !Open(folder).IsFinished ? $"has not ended: there is no {RunFiles.Summary}" : ReadSummary(folder) switch
        {
            { Cancelled: true } => "was stopped",
            { Failure: not null } => "failed",
            _ => null,
        };
        return why is null ? ReadSummary(folder) : throw new ArgumentException($"{option} '{folder}': the run {why}, so that {what} is not known.");
    }

    /// <summary>Reads what was measured while the run went on. A last row that a killed run has not finished is left out.</summary>
    /// <exception cref="FormatException">The file is no run's metrics; the message has the line.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<MetricRow> ReadMetrics(string folder) => MetricsFile.Read(Path.Combine(folder, RunFiles.Metrics));

    /// <summary>Reads a metric's table for test data, with the rows' headings as class names.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="metric">The metric: <c>confusion</c>.</param>
    /// <exception cref="FormatException">The file is no table; the message has the line.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static NamedTable ReadTable(string folder, string metric) => TableFile.Read(Path.Combine(folder, RunFiles.TableOf(metric)));

    /// <summary>Reads where a run was made.</summary>
    /// <exception cref="FormatException">The file is no run's environment; the message has the line where one is to blame.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static RunEnvironment ReadEnvironment(string folder) => JsonRecord.Read(Path.Combine(folder, RunFiles.Environment), "a run's environment", RunJson.Default.RunEnvironment, RunEnvironment.CurrentSchema);

    /// <summary>Reads what a run's model takes and gives.</summary>
    /// <exception cref="FormatException">The file is none; the message has the line where one is to blame.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static RunData ReadData(string folder)
    {
        string path = Path.Combine(folder, RunFiles.Data);
        if (!File.Exists(path)) throw new FileNotFoundException($"'{folder}' has no {RunFiles.Data}: it is no run's folder, or was made by an older version.");
        RunData data = JsonRecord.Read(path, "a run's data", RunJson.Default.RunData, RunData.CurrentSchema);
        if (data.Classes < 1 || data.SampleShape.Count is 0 or >= Autograd.Shape.MaxRank || data.SampleShape.Any(extent => extent < 1) || data.ClassNames is { } names && names.Count != data.Classes || data.Means?.Count != data.Deviations?.Count || data.Targets < 0 || data.Vocabulary < 0 || data.TokenClasses < 0 || data.TargetNames is { } targets && targets.Count != data.Targets || data.InputNames is { } inputs && inputs.Count != data.SampleShape.Aggregate(1L, (product, extent) => product * extent)
            || data.TargetMeans?.Count != data.TargetDeviations?.Count || data.TargetMeans is { } means && means.Count != data.Targets)
            throw new FormatException($"'{path}' is not a run's data: shape, classes, names and constants do not agree.");
        try
        {
            _ = data.Normalisation;
            _ = data.TargetNormalisation;
            return data;
        }
        catch (ArgumentException exception)
        {
            throw new FormatException($"'{path}' is not a run's data: {exception.Message}", exception);
        }
    }

    /// <summary>The file with a run's weights.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static string WeightsOf(string folder, RunWeights weights)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        string[] names = weights == RunWeights.Best ? [RunFiles.Best] : [RunFiles.Last, RunFiles.OldLast];
        string? name = Array.Find(names, name => File.Exists(Path.Combine(folder, name)));
        return name is not null ? Path.Combine(folder, name) : throw new FileNotFoundException($"'{folder}' has no {names[0]}: the run is not finished; freeze train --resume goes on with it.");
    }

    /// <summary>Writes what the run gave, and its last weights.</summary>
    public static void WriteResult(string folder, RunResult result, ModuleBase model)
    {
        ArgumentNullException.ThrowIfNull(result);
        StateDict.Save(model, Path.Combine(folder, RunFiles.Last));
        foreach (NamedTable table in result.TestTables) TableFile.Write(Path.Combine(folder, RunFiles.TableOf(table.Name)), table);
        JsonRecord.Write(Path.Combine(folder, RunFiles.Summary), RunSummary.Of(result), RunJson.Default.RunSummary);
    }
}
