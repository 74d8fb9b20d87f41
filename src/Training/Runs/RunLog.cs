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
public sealed record MetricRow(int Step, int Epoch, float LearningRate, double? TrainLoss, double? ValidationLoss, double? ValidationAccuracy, int FrozenUnits, double Seconds)
{
    /// <summary>After an epoch: the log's further metrics on validation data, in their order.</summary>
    public IReadOnlyList<double> Further { get; init; } = [];
}

/// <summary>A run's folder while it runs: <c>metrics.csv</c> and <c>decisions.jsonl</c>, flushed line by line.</summary>
public sealed class RunLog : IDecisionLog, IDisposable
{
    private readonly CsvWriter writer;
    private readonly DecisionLog decisions;
    private readonly int further;

    /// <summary>Makes the folder if need be; older files in it are replaced.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="metrics">What is measured; numbers other than loss and accuracy get columns after the others: <c>validationMacroF1</c>.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public RunLog(string folder, IReadOnlyList<IMetric>? metrics = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Folder = folder;
        string[] columns = [.. (metrics ?? []).Where(IsFurther).Select(ColumnOf)];
        further = columns.Length;
        Directory.CreateDirectory(folder);
        string[] files = [.. RunFolder.Files.Select(name => Path.Combine(folder, name))];
        if (Array.Find(files, Directory.Exists) is { } blocked) throw new IOException($"'{blocked}' is a folder; a run writes a file of that name.");
        // What an earlier run left must not be taken for this one's.
        foreach (string file in files) File.Delete(file);
        // By name: the folder may hold a user's own files.
        IEnumerable<string> tables = (metrics ?? []).Where(metric => metric.IsTable).Select(metric => metric.Name).Append(new ConfusionMatrix().Name);
        foreach (string table in tables) File.Delete(Path.Combine(folder, $"{RunFolder.TablePrefix}{table}.csv"));
        decisions = new DecisionLog(Path.Combine(folder, "decisions.jsonl"));
        writer = new CsvWriter(new StreamWriter(Path.Combine(folder, "metrics.csv")), CultureInfo.InvariantCulture);
        foreach (string column in (string[])["step", "epoch", "learningRate", "trainLoss", "validationLoss", "validationAccuracy", "frozenUnits", "seconds", .. columns]) writer.WriteField(column);
        EndRow();
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
    public void Checked(CheckContext context) => decisions.Checked(context);

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        writer.Dispose();
        decisions.Dispose();
    }

    /// <summary>Whether a metric is a number that has no column of its own.</summary>
    internal static bool IsFurther(IMetric metric) => !metric.IsTable && metric is not (LossMetric or AccuracyMetric);

    private static string ColumnOf(IMetric metric) =>
        "validation" + string.Concat(metric.Name.Split('-', StringSplitOptions.RemoveEmptyEntries).Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    private void EndRow()
    {
        writer.NextRecord();
        writer.Flush();
    }
}
