using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

// The log in a run's folder.
public sealed partial class DecisionRecord
{
    /// <summary>A decision log's name in a run's folder.</summary>
    private const string LogFile = "decisions.jsonl";

    // It is written when a run ends, and is the first to go where one begins again.
    private const string SummaryFile = "summary.json";

    /// <summary>Reads the log of a run that has ended, by the run's folder: that of one which is still at it, or was killed or stopped, has a part of its decisions only. A log that is named itself is read whatever has become of its run.</summary>
    /// <param name="run">The run's folder, or a log.</param>
    /// <param name="evenFailed">Whether the run may have failed: then it made no more decisions than the log has.</param>
    /// <exception cref="ArgumentException">The run has not ended, or has failed.</exception>
    /// <exception cref="FormatException">A line is none of a decision log's, with its number; or the run's summary is none.</exception>
    /// <exception cref="IOException">The log cannot be read.</exception>
    public static DecisionRecord ReadRun(string run, bool evenFailed = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(run);
        if (!Directory.Exists(run)) return Read(run);
        string log = Path.Combine(run, LogFile), summary = Path.Combine(run, SummaryFile);
        if (!File.Exists(log)) return Read(log);
        if (!File.Exists(summary)) throw new ArgumentException($"'{run}' has not ended: without its {SummaryFile} it is still running or was killed, and its decisions so far are a part of all; freeze train --resume goes on with it.");
        LogEnd end = JsonRecord.Read(summary, "a run's summary", LogLines.Default.LogEnd, 0);
        if (end.Cancelled) throw new ArgumentException($"'{run}' was stopped, and its decisions so far are a part of all; freeze train --resume goes on with it.");
        if (end.Failure is { } failure && !evenFailed) throw new ArgumentException($"'{run}' has failed, so that its decisions are a part of a run's: {failure}.");
        return Read(log);
    }
}
