using ResearchFreeze.DynamicFreeze;

namespace ResearchFreeze.Training;

/// <summary>A run's folder in code: each part is read when it is asked for, and once. See <see cref="RunFolder.Open"/>.</summary>
public sealed class OpenedRun
{
    private readonly Lazy<RunSettings> settings;
    private readonly Lazy<RunData> data;
    private readonly Lazy<RunEnvironment> environment;
    private readonly Lazy<RunSummary> summary;
    private readonly Lazy<IReadOnlyList<MetricRow>> metrics;
    private readonly Lazy<DecisionRecord> decisions;

    internal OpenedRun(string folder)
    {
        Folder = folder;
        settings = new(() => RunFolder.ReadConfig(folder));
        data = new(() => RunFolder.ReadData(folder));
        environment = new(() => RunFolder.ReadEnvironment(folder));
        summary = new(() => RunFolder.ReadSummary(folder));
        metrics = new(() => RunFolder.ReadMetrics(folder));
        decisions = new(() => DecisionRecord.Read(Path.Combine(folder, RunFiles.Decisions)));
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Whether it has a result: a run that was killed, or is still at it, has none.</summary>
    public bool IsFinished => File.Exists(Path.Combine(Folder, RunFiles.Summary));

    /// <summary>What was asked for.</summary>
    public RunSettings Settings => settings.Value;

    /// <summary>What the model takes and gives.</summary>
    public RunData Data => data.Value;

    /// <summary>Where it was made.</summary>
    public RunEnvironment Environment => environment.Value;

    /// <summary>What it gave.</summary>
    public RunSummary Summary => summary.Value;

    /// <summary>What was measured while it ran.</summary>
    public IReadOnlyList<MetricRow> Metrics => metrics.Value;

    /// <summary>What was frozen and thawed, and why.</summary>
    public DecisionRecord Decisions => decisions.Value;
}
