using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>One run of a plan, measured: what its scheduler is asked for.</summary>
/// <param name="Name">The run.</param>
/// <param name="Seconds">What it took, by its <c>summary.json</c>.</param>
/// <param name="Bytes">The process's peak working set.</param>
public sealed record SweepPilot(string Name, double Seconds, long Bytes)
{
    /// <summary>What its seconds are multiplied by: another machine may be slower, and a criterion costs what full training does not.</summary>
    public const int TimeFactor = 3;

    /// <summary>What its bytes are multiplied by: a criterion keeps weights, and a method's first steps keep all that full training does.</summary>
    public const double MemoryFactor = 1.5;

    private const int LeastMegabytes = 512;
    private const double Megabyte = 1 << 20;

    /// <summary>Minutes to ask for: the start of a process is not in a run's seconds.</summary>
    public int Minutes => 1 + (int)Math.Ceiling(TimeFactor * Seconds / 60);

    /// <summary>Megabytes of 2^20 bytes to ask for.</summary>
    public int Megabytes => Math.Max(LeastMegabytes, (int)Math.Ceiling(MemoryFactor * Bytes / Megabyte));

    /// <summary>What was measured and is asked for, in a sentence.</summary>
    public string Sentence => FormattableString.Invariant($"{Name} took {Seconds:F1} s and {Bytes / Megabyte:F0} MB at most; asked for are {TimeFactor} times the seconds and a minute for the start, and {MemoryFactor} times the memory but at least {LeastMegabytes} MB: {Minutes} min and {Megabytes} MB");

    /// <summary>The run of a plan that is taken where none is named: full training, of which the others are parts but for what a criterion costs.</summary>
    public static PlannedRun Of(ComparisonPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return plan.All.FirstOrDefault(run => run.Fraction == 1) ?? plan.All[0];
    }

    /// <summary>Reads what a run that is done took.</summary>
    /// <param name="folder">The comparison's folder.</param>
    /// <param name="run">The run.</param>
    /// <exception cref="FormatException">Its summary is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static SweepPilot Read(string folder, PlannedRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        RunSummary summary = RunFolder.ReadSummary(ComparisonPlan.FolderOf(folder, run));
        return new SweepPilot(run.Name, summary.Seconds.Total, summary.PeakBytes.Process);
    }
}
