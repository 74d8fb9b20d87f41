using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>A run of a comparison as it is now.</summary>
/// <param name="Plan">What was planned.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="State">How far it is.</param>
/// <param name="Summary">What it gave; null: it has not ended.</param>
/// <param name="ValidationLoss">The loss on validation data after its last epoch; NaN: not measured.</param>
public sealed record ComparedRun(PlannedRun Plan, string Folder, RunState State, RunSummary? Summary, double ValidationLoss)
{
    private const string EnvironmentFile = "environment.json";

    /// <summary>What is wrong with its folder; null: nothing is known to be.</summary>
    public string? Problem { get; init; }

    /// <summary>Where it was made; null: that is not known.</summary>
    public RunEnvironment? Environment { get; init; }

    /// <summary>Whether it can be compared: done, with a finite loss.</summary>
    public bool Counts => State == RunState.Done && double.IsFinite(Loss);

    /// <summary>Operations of training, freezing's own included.</summary>
    public double Operations => Summary?.Flops.Total ?? double.NaN;

    /// <summary>Seconds of training, without evaluation.</summary>
    public double Seconds => Summary is { } summary ? summary.Seconds.Total - summary.Seconds.Evaluation : double.NaN;

    /// <summary>Loss on test data.</summary>
    public double Loss => Summary?.Test.GetValueOrDefault("loss") ?? double.NaN;

    /// <summary>The primary metric on test data.</summary>
    public double Primary => Summary is { } summary ? summary.Test.GetValueOrDefault(summary.Primary) ?? double.NaN : double.NaN;

    /// <summary>Reads a run's folder. One that is damaged has a <see cref="Problem"/>, and no numbers: the others can be compared all the same.</summary>
    public static ComparedRun Read(string folder, PlannedRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        string at = ComparisonPlan.FolderOf(folder, run);
        try
        {
            RunState state = ComparisonFolder.StateOf(folder, run);
            if (state is RunState.Missing or RunState.Unfinished) return new ComparedRun(run, at, state, null, double.NaN);
            double validation = RunFolder.ReadMetrics(at).LastOrDefault(row => row.ValidationLoss is not null)?.ValidationLoss ?? double.NaN;
            return new ComparedRun(run, at, state, RunFolder.ReadSummary(at), validation) { Environment = File.Exists(Path.Combine(at, EnvironmentFile)) ? RunFolder.ReadEnvironment(at) : null };
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
        {
            return new ComparedRun(run, at, RunState.Damaged, null, double.NaN) { Problem = exception.Message.TrimEnd('.') };
        }
    }
}
