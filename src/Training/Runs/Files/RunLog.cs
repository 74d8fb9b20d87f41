using System.Globalization;
using CsvHelper;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>
/// A run's folder while it runs: <c>config.json</c> with what was asked for, <c>metrics.csv</c> and <c>decisions.jsonl</c>, flushed line by line. A folder with files of a run is not taken, unless an earlier run's may be
/// overwritten; a file that no run has written never is.
/// </summary>
public sealed class RunLog : IDecisionLog, IDisposable
{
    private readonly CsvWriter writer;
    private readonly DecisionLog decisions;
    private readonly int further;

    /// <summary>Makes the folder if need be.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="metrics">What is measured; numbers other than loss and accuracy get columns after the others: <c>validationMacroF1</c>.</param>
    /// <param name="settings">What was asked for; null: there are no settings to write.</param>
    /// <param name="overwrites">Whether the files of an earlier run in the folder are deleted.</param>
    /// <exception cref="ArgumentException">It is the run that is replayed.</exception>
    /// <exception cref="IOException">It has files already that may not be overwritten, which stay as they are; or it cannot be written.</exception>
    public RunLog(string folder, IReadOnlyList<IMetric>? metrics = null, RunSettings? settings = null, bool overwrites = false)
        : this(Claimed(folder, metrics, settings, overwrites), ColumnsOf(metrics))
    {
    }

    private RunLog(string folder, string[] columns)
    {
        Folder = folder;
        further = columns.Length;
        // Of several that take a folder without settings at once, one succeeds.
        var file = new FileStream(Path.Combine(folder, RunFiles.Metrics), FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        writer = new CsvWriter(new StreamWriter(file), CultureInfo.InvariantCulture);
        foreach (string column in RunFiles.Columns.Concat(columns)) writer.WriteField(column);
        EndRow();
        decisions = new DecisionLog(Path.Combine(folder, RunFiles.Decisions));
    }

    /// <summary>Makes a folder that nobody has, also where several are made at once: with this name, or with a number behind it.</summary>
    /// <param name="wanted">The folder's name, if it is free.</param>
    /// <param name="settings">What was asked for.</param>
    /// <param name="metrics">What is measured.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static RunLog New(string wanted, RunSettings settings, IReadOnlyList<IMetric>? metrics = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(wanted);
        ArgumentNullException.ThrowIfNull(settings);
        string folder = wanted;
        for (int number = 2; Path.Exists(folder) || !IsClaimed(folder, settings, replaces: false); number++) folder = $"{wanted}-{number}";
        return new RunLog(folder, ColumnsOf(metrics));
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Writes a row.</summary>
    public void Write(MetricRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        writer.WriteField(row.Step);
        writer.WriteField(row.Epoch);
        writer.WriteField(row.LearningRate);
        writer.WriteField(row.TrainLoss);
        writer.WriteField(row.ValidationLoss);
        writer.WriteField(row.ValidationAccuracy);
        writer.WriteField(row.FrozenUnits);
        writer.WriteField(Math.Round(row.Seconds, 4));
        for (int i = 0; i < further; i++) writer.WriteField(i < row.Further.Count ? row.Further[i] : (double?)null);
        EndRow();
    }

    /// <inheritdoc/>
    public void Begin(string criterion, string rule, FreezeOptions options, IReadOnlyList<FreezeUnit> units) => decisions.Begin(criterion, rule, options, units);

    /// <inheritdoc/>
    public void Write(DecisionEntry entry) => decisions.Write(entry);

    /// <inheritdoc/>
    public void Rates(int step, IReadOnlyList<UnitRate> rates) => decisions.Rates(step, rates);

    /// <inheritdoc/>
    public void Checked(CheckContext context) => decisions.Checked(context);

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        writer.Dispose();
        decisions.Dispose();
    }

    /// <summary>Whether a metric is a number that has no column of its own.</summary>
    internal static bool IsFurther(IMetric metric) => !metric.IsTable && metric is not (LossMetric or AccuracyMetric);

    private static string Claimed(string folder, IReadOnlyList<IMetric>? metrics, RunSettings? settings, bool overwrites)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (settings?.Replay is { } run && RunFiles.AreSame(folder, run)) throw new ArgumentException($"'{folder}' is the run that is replayed; give another folder.");
        RunFiles.MakeRoom(folder, (metrics ?? []).Where(metric => metric.IsTable).Select(metric => RunFiles.TableOf(metric.Name)), overwrites);
        if (settings is null) Directory.CreateDirectory(folder);
        else if (!IsClaimed(folder, settings, overwrites)) throw new IOException($"'{folder}' has been taken by another run just now; give another folder.");
        return folder;
    }

    /// <summary>Writes the settings; false: another run was faster.</summary>
    private static bool IsClaimed(string folder, RunSettings settings, bool replaces)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, RunFiles.Config);
        try
        {
            JsonRecord.Write(path, settings, RunJson.Default.RunSettings, replaces);
            return true;
        }
        catch (IOException) when (!replaces && File.Exists(path))
        {
            return false;
        }
    }

    private static string[] ColumnsOf(IReadOnlyList<IMetric>? metrics) => [.. (metrics ?? []).Where(IsFurther).Select(ColumnOf)];

    private static string ColumnOf(IMetric metric) =>
        "validation" + string.Concat(metric.Name.Split('-', StringSplitOptions.RemoveEmptyEntries).Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    private void EndRow()
    {
        writer.NextRecord();
        writer.Flush();
    }
}
