namespace ResearchFreeze.Evaluation;

/// <summary>The runs of a comparison that differ in their seed only.</summary>
/// <param name="Name">What reports call it.</param>
/// <param name="Role">What it is for.</param>
/// <param name="Fraction">The part of full training's steps, of a control.</param>
/// <param name="Schedule">The learning rate's schedule, without settings.</param>
/// <param name="Runs">The runs, in the order of the plan's seeds.</param>
public sealed record ComparedSeries(string Name, RunRole Role, double? Fraction, string Schedule, IReadOnlyList<ComparedRun> Runs)
{
    /// <summary>The policy.</summary>
    public string Method => Runs[0].Plan.Method;

    /// <summary>Those that can be compared.</summary>
    public IReadOnlyList<ComparedRun> Counted { get; } = [.. Runs.Where(run => run.Counts)];

    /// <summary>The run of a seed; null: it cannot be compared.</summary>
    public ComparedRun? Of(ulong seed) => Counted.FirstOrDefault(run => run.Plan.Seed == seed);

    /// <summary>A mean over the runs that can be compared, with an interval between seeds; null: there is none.</summary>
    public PairedDifference? Mean(Func<ComparedRun, double> number) => Counted.Count == 0 ? null : PairedDifference.Of([.. Counted.Select(number)]);
}
