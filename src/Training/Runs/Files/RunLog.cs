using System.Globalization;
using System.Text;
using CsvHelper;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Training;

/// <summary>
/// A run's folder while it runs: <c>config.json</c> with what was asked for, <c>metrics.csv</c> and <c>decisions.jsonl</c>, written line by line, and with <see cref="RunSettings.Log"/> an event file for TensorBoard. A folder with files of a run is not taken, unless an earlier run's may be
/// overwritten; a file that no run has written never is. Nobody else can write to the folder until the log is disposed.
/// </summary>
public sealed class RunLog : IDecisionLog, IDisposable
{
    private const string MetricsLength = "metrics";
    private const string Decided = "decisions";
    private const string EventsLength = "events";
    private readonly RunLock held;
    private readonly AppendedFile rows;
    private readonly DecisionLog decisions;
    private readonly EventLog? events;
    private readonly int further;

    /// <summary>Makes the folder if need be.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="metrics">What is measured; numbers other than loss and accuracy get columns after the others: <c>validationMacroF1</c>.</param>
    /// <param name="settings">What was asked for; null: there are no settings to write.</param>
    /// <param name="overwrites">Whether the files of an earlier run in the folder are deleted.</param>
    /// <exception cref="ArgumentException">It is the run that is replayed.</exception>
    /// <exception cref="IOException">It has files already that may not be overwritten, which stay as they are; a run is writing to it; or it cannot be written.</exception>
    public RunLog(string folder, IReadOnlyList<IMetric>? metrics = null, RunSettings? settings = null, bool overwrites = false)
        : this(folder, Claimed(folder, metrics, settings, overwrites), metrics, settings, null)
    {
    }

    private RunLog(string folder, RunLock held, IReadOnlyList<IMetric>? metrics, RunSettings? settings, StateTree? state)
    {
        IMetric[] named = [.. (metrics ?? []).Where(IsFurther)];
        (Folder, this.held, further) = (folder, held, named.Length);
        try
        {
            // Of several that take a folder without settings at once, one succeeds.
            rows = new AppendedFile(Path.Combine(folder, RunFiles.Metrics), state?.Integer(MetricsLength, 0));
            if (state is null) Row([.. RunFiles.Columns, .. named.Select(ColumnOf)]);
            string path = Path.Combine(folder, RunFiles.Decisions);
            decisions = state is null ? new DecisionLog(path) : new DecisionLog(path, state.Branch(Decided));
            if (settings?.Log is not null) events = new EventLog(folder, [.. named.Select(metric => metric.Name)], EventsIn(state));
        }
        catch
        {
            rows?.Dispose();
            decisions?.Dispose();
            held.Dispose();
            throw;
        }
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
        return new RunLog(folder, RunLock.Take(folder), metrics, settings, null);
    }

    /// <summary>Finds out whether a folder's logs have all that a checkpoint counts on.</summary>
    /// <exception cref="IOException">They are shorter.</exception>
    internal static void Check(string folder, StateTree state)
    {
        foreach ((string name, long length) in Lengths(state))
        {
            var file = new FileInfo(Path.Combine(folder, name));
            if (!file.Exists || file.Length < length) throw new IOException($"'{file.FullName}' has {(file.Exists ? file.Length : 0)} bytes, expected at least {length}.");
        }
    }

    /// <summary>The logs of a checkpoint, and how long they were.</summary>
    internal static IReadOnlyList<(string Name, long Length)> Lengths(StateTree state)
    {
        List<(string Name, long Length)> logs = [(RunFiles.Metrics, state.Integer(MetricsLength, 0)), (RunFiles.Decisions, DecisionLog.LengthIn(state.Branch(Decided)))];
        if (EventsIn(state) is { } events) logs.Add((EventLog.FileName, events));
        return logs;
    }

    /// <summary>Goes on with the logs of a run that was stopped or killed, from where a checkpoint has them.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="held">That nobody else writes to it.</param>
    /// <param name="metrics">What is measured.</param>
    /// <param name="settings">The run's.</param>
    /// <param name="state">The checkpoint's part of the logs; null: it was killed before the first one, and the logs begin again.</param>
    /// <exception cref="IOException">The logs are shorter than they were, or cannot be written.</exception>
    internal static RunLog GoOn(string folder, RunLock held, IReadOnlyList<IMetric> metrics, RunSettings settings, StateTree? state)
    {
        if (state is null)
        {
            foreach (string log in (string[])[RunFiles.Metrics, RunFiles.Decisions, EventLog.FileName])
            {
                // Unlike the file, its folder must be there to be deleted from.
                string path = Path.Combine(folder, log);
                if (File.Exists(path)) File.Delete(path);
            }
        }
        return new RunLog(folder, held, metrics, settings, state);
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Writes a row.</summary>
    public void Write(MetricRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        Row([
            row.Step, row.Epoch, row.LearningRate, row.TrainLoss, row.ValidationLoss, row.ValidationAccuracy, row.FrozenUnits, Math.Round(row.Seconds, 4),
            .. Enumerable.Range(0, further).Select(i => i < row.Further.Count ? row.Further[i] : (object?)null),
        ]);
        events?.Write(row);
    }

    /// <summary>Cuts off what is behind the checkpoint that the run goes on from: once it is certain that it does.</summary>
    /// <exception cref="IOException">A log cannot be written.</exception>
    internal void CutBack()
    {
        rows.CutBack();
        decisions.CutBack();
        events?.CutBack();
    }

    /// <summary>Waits until all is on the disk, and writes where the logs are.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    internal void SaveState(StateTree state)
    {
        state.Set(MetricsLength, rows.Commit());
        decisions.SaveState(state.Branch(Decided));
        if (events is not null) state.Set(EventsLength, events.Commit());
    }

    /// <summary>Is told in one line if a log cannot be written now: its lines are kept in memory and tried again.</summary>
    public Action<string>? Warn
    {
        get => rows.Warn;
        set
        {
            rows.Warn = decisions.Warn = value;
            events?.Warn = value;
        }
    }

    /// <inheritdoc/>
    public void Begin(string criterion, string rule, FreezeOptions options, IReadOnlyList<FreezeUnit> units)
    {
        decisions.Begin(criterion, rule, options, units);
        events?.Begin(units);
    }

    /// <inheritdoc/>
    public void Write(DecisionEntry entry)
    {
        decisions.Write(entry);
        events?.Write(entry);
    }

    /// <inheritdoc/>
    public void Rates(int step, IReadOnlyList<UnitRate> rates) => decisions.Rates(step, rates);

    /// <inheritdoc/>
    public void Checked(CheckContext context)
    {
        decisions.Checked(context);
        events?.Checked(context);
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        using (held)
        using (decisions)
        using (events)
        {
            rows.Dispose();
        }
    }

    /// <summary>Whether a metric is a number that has no column of its own.</summary>
    internal static bool IsFurther(IMetric metric) => !metric.IsTable && metric.Name is not ("loss" or RunFiles.Accuracy);

    private static RunLock Claimed(string folder, IReadOnlyList<IMetric>? metrics, RunSettings? settings, bool overwrites)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (File.Exists(folder)) throw new IOException($"'{folder}' is a file; expected a folder, or a name that nothing has yet.");
        if (settings?.Replay is { } run && RunFiles.AreSame(folder, run)) throw new ArgumentException($"'{folder}' is the run that is replayed; give another folder.");
        IEnumerable<string> tables = (metrics ?? []).Where(metric => metric.IsTable).Select(metric => RunFiles.TableOf(metric.Name));
        // A folder without a run's files is claimed by its settings; the files of one that is being written are not deleted under it.
        RunFiles.CheckRoom(folder, tables, overwrites);
        Directory.CreateDirectory(folder);
        RunLock held = RunLock.Take(folder);
        try
        {
            RunFiles.MakeRoom(folder, tables, overwrites);
            // A run that was killed before it had settings is not resumed, but begun again here.
            RunFiles.DeletePartial(folder);
            if (settings is not null && !IsClaimed(folder, settings, overwrites)) throw new IOException($"'{folder}' has been taken by another run just now; give another folder.");
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
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

    /// <summary>How long the event file was at a checkpoint; null: there was none.</summary>
    private static long? EventsIn(StateTree? state) => state?.Contains(EventsLength) == true ? state.Integer(EventsLength, 0) : null;

    private static string ColumnOf(IMetric metric) =>
        "validation" + string.Concat(metric.Name.Split('-', StringSplitOptions.RemoveEmptyEntries).Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    /// <summary>A line of the file: quoted where it has to be, as a metric's name may.</summary>
    private void Row(IEnumerable<object?> fields)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        using (var writer = new CsvWriter(text, CultureInfo.InvariantCulture))
        {
            foreach (object? field in fields) writer.WriteField(field);
            writer.NextRecord();
        }
        rows.Append(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
