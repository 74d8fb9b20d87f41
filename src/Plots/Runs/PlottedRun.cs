using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Evaluation;
using ResearchFreeze.Training;

namespace ResearchFreeze.Plots;

/// <summary>A run as its folder tells it. What a killed run has not written is missing.</summary>
public sealed class PlottedRun
{
    private const string ConfusionMetric = "confusion";
    private static readonly string[] Known = ["summary.json", "metrics.csv", "decisions.jsonl"];

    private PlottedRun(string folder) => Folder = folder;

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>The folder's own name.</summary>
    public string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Folder)));

    /// <summary>The plan of an atlas; null: the folder is a run's.</summary>
    public AtlasPlan? Atlas { get; private init; }

    /// <summary>The forks of an atlas.</summary>
    public IReadOnlyList<AtlasRow> Forks { get; private init; } = [];

    /// <summary>What the criteria gave along an atlas's full training.</summary>
    public IReadOnlyList<AtlasScore> ForkScores { get; private init; } = [];

    /// <summary>What was asked for; null: the run was started without settings.</summary>
    public RunSettings? Settings { get; private init; }

    /// <summary>What it gave; null: it has not ended.</summary>
    public RunSummary? Summary { get; private init; }

    /// <summary>What was measured on the way.</summary>
    public IReadOnlyList<MetricRow> Metrics { get; private init; } = [];

    /// <summary>What was decided; null: there is no log.</summary>
    public DecisionRecord? Decisions { get; private init; }

    /// <summary>Test samples by true class (rows) and predicted class (columns); null: not measured.</summary>
    public NamedTable? Confusion { get; private init; }

    /// <summary>Below which score the rule takes a unit for finished; null: it has no such limit, or is not known here.</summary>
    public double? Threshold { get; private init; }

    /// <summary>Steps that were taken.</summary>
    public int Steps => Math.Max(
        Summary?.Steps ?? 0, Math.Max(Metrics.Count == 0 ? 0 : Metrics[^1].Step, Math.Max(Decisions?.Entries.LastOrDefault()?.Step ?? 0, Decisions?.Checks.LastOrDefault()?.Step ?? 0)));

    /// <summary>Steps of the first epoch; null: it was not finished.</summary>
    public int? EpochSteps => Metrics.FirstOrDefault(Curves.EndsAnEpoch)?.Step;

    /// <summary>Policy, seed, data and model in one line, for a picture's head.</summary>
    public string Described
    {
        get
        {
            // The model comes last: it may be long, and its end says least.
            string what = Summary is { } summary ? $"policy {summary.Policy}, seed {summary.Seed}, {summary.Data}, {summary.Model}"
                : Settings is { } settings ? $"policy {settings.PolicyText}, seed {settings.Seed}, {settings.Data}, {settings.Model}"
                : Name;
            return Summary switch
            {
                null => $"not finished: {what}",
                { Failure: not null } => $"failed after {Summary.Steps} steps: {what}",
                { Cancelled: true } => $"cancelled after {Summary.Steps} steps: {what}",
                _ => what,
            };
        }
    }

    /// <summary>Reads a run's folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="catalogues">The names that its settings may use.</param>
    /// <exception cref="FormatException">A file is none of a run's; the message names it and its line.</exception>
    /// <exception cref="IOException">The folder is none of a run, or a file cannot be read.</exception>
    public static PlottedRun Read(string folder, RunCatalogues catalogues)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(catalogues);
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"'{folder}' is no run's folder: there is no such folder.");
        if (Has(AtlasPlan.File)) return new PlottedRun(folder) { Atlas = AtlasPlan.Read(folder), Forks = Has(AtlasFolder.Rows) ? AtlasTable.Read(folder) : [], ForkScores = Has(AtlasFolder.Statistics) ? AtlasStatistics.Read(folder) : [] };
        if (!Known.Any(Has)) throw new IOException($"'{folder}' is no run's folder: it has none of {string.Join(", ", Known)}.");
        RunSettings? settings = Has("config.json") ? RunFolder.ReadConfig(folder) : null;
        RunSummary? summary = Has("summary.json") ? RunFolder.ReadSummary(folder) : null;
        DecisionRecord? decisions = Has("decisions.jsonl") ? DecisionRecord.Read(Path.Combine(folder, "decisions.jsonl")) : null;
        return new PlottedRun(folder)
        {
            Settings = settings,
            Summary = summary,
            Metrics = Has("metrics.csv") ? RunFolder.ReadMetrics(folder) : [],
            Decisions = decisions,
            // The summary says whose the table is: an older run's may lie beside.
            Confusion = summary?.Tables.Contains($"test-{ConfusionMetric}.csv") == true ? RunFolder.ReadTable(folder, ConfusionMetric) : null,
            Threshold = ScoreThreshold.Of(settings, decisions, catalogues),
        };

        bool Has(string file) => File.Exists(Path.Combine(folder, file));
    }

    /// <summary>Short names that tell runs apart: the folder's own, with its parent's where two have the same.</summary>
    public static IReadOnlyList<string> Names(IReadOnlyList<PlottedRun> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return [.. runs.Select(run => runs.Count(other => other.Name == run.Name) == 1 ? run.Name : $"{Path.GetFileName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(run.Folder))))}/{run.Name}")];
    }
}
