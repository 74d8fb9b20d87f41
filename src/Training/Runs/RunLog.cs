using System.Globalization;
using CsvHelper;
using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>One row of <c>metrics.csv</c>: what was known after a step; a measurement that was not made is empty.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="LearningRate">The rate of the step.</param>
/// <param name="TrainLoss">The batch's loss.</param>
/// <param name="ValidationLoss">After an epoch: mean loss on validation data.</param>
/// <param name="ValidationAccuracy">After an epoch: accuracy on validation data.</param>
/// <param name="FrozenUnits">Units that rest.</param>
/// <param name="Seconds">Since the run began.</param>
public sealed record MetricRow(int Step, int Epoch, float LearningRate, double? TrainLoss, double? ValidationLoss, double? ValidationAccuracy, int FrozenUnits, double Seconds);

/// <summary>A run's folder while it runs: <c>metrics.csv</c> and <c>decisions.jsonl</c>, flushed line by line.</summary>
public sealed class RunLog : IDecisionLog, IDisposable
{
    private readonly CsvWriter metrics;
    private readonly DecisionLog decisions;

    /// <summary>Makes the folder if need be; older files in it are replaced.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public RunLog(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Folder = folder;
        Directory.CreateDirectory(folder);
        string[] files = [.. RunFolder.Files.Select(name => Path.Combine(folder, name))];
        if (Array.Find(files, Directory.Exists) is { } blocked) throw new IOException($"'{blocked}' is a folder; a run writes a file of that name.");
        // What an earlier run left must not be taken for this one's.
        foreach (string file in files) File.Delete(file);
        decisions = new DecisionLog(Path.Combine(folder, "decisions.jsonl"));
        metrics = new CsvWriter(new StreamWriter(Path.Combine(folder, "metrics.csv")), CultureInfo.InvariantCulture);
        foreach (string column in (ReadOnlySpan<string>)["step", "epoch", "learningRate", "trainLoss", "validationLoss", "validationAccuracy", "frozenUnits", "seconds"]) metrics.WriteField(column);
        EndRow();
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Writes a row.</summary>
    public void Write(MetricRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        metrics.WriteField(row.Step);
        metrics.WriteField(row.Epoch);
        metrics.WriteField(row.LearningRate);
        metrics.WriteField(row.TrainLoss);
        metrics.WriteField(row.ValidationLoss);
        metrics.WriteField(row.ValidationAccuracy);
        metrics.WriteField(row.FrozenUnits);
        metrics.WriteField(Math.Round(row.Seconds, 4));
        EndRow();
    }

    /// <inheritdoc/>
    public void Begin(string criterion, string rule, FreezeOptions options, IReadOnlyList<FreezeUnit> units) => decisions.Begin(criterion, rule, options, units);

    /// <inheritdoc/>
    public void Write(DecisionEntry entry) => decisions.Write(entry);

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        metrics.Dispose();
        decisions.Dispose();
    }

    private void EndRow()
    {
        metrics.NextRecord();
        metrics.Flush();
    }
}
