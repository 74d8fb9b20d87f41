using System.Globalization;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Freezes each unit at a time of its own, for good, whatever is measured. With a part of full training's operations all times are moved together until the run takes so much: each unit's frozen share of the run is multiplied with one
/// number, found before the first step and again at each freeze. Where that is not enough, as where a unit has no time at all, the run takes more.
/// </summary>
public sealed class TimelineRule : IFreezeRule<NoState>, IScheduleRule
{
    // The shares of a run are halved so often: its steps are far fewer.
    private const int Halvings = 60;

    private readonly double[] times;

    /// <summary>A timeline.</summary>
    /// <param name="times">When each unit beside the heads is frozen, from the input, as a part of the run in [0, 1]; 1: never.</param>
    /// <param name="flops">The part of full training's operations that the run is to take, in (0, 1]; null: the times stay as they are.</param>
    public TimelineRule(IReadOnlyList<double> times, double? flops = null)
    {
        ArgumentNullException.ThrowIfNull(times);
        if (times.Count == 0) throw new ArgumentException("timeline: expected a time for each unit beside the heads, found none.");
        foreach (double time in times)
        {
            if (time is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(times), FormattableString.Invariant($"timeline: a time is a part of the run in [0, 1], found {time}."));
        }
        if (flops is not (null or (> 0 and <= 1))) throw new ArgumentOutOfRangeException(nameof(flops), FormattableString.Invariant($"timeline: flops must be in (0, 1], found {flops}."));
        this.times = [.. times];
        Flops = flops;
    }

    /// <summary>The part of full training's operations that the run is to take; null: as many as the times make it.</summary>
    public double? Flops { get; }

    /// <inheritdoc/>
    public string Name => "timeline";

    /// <inheritdoc/>
    public string Settings => string.Join('/', times.Select(time => time.ToString(CultureInfo.InvariantCulture))) + (Flops is { } flops ? FormattableString.Invariant($",flops={flops}") : "");

    /// <inheritdoc/>
    public bool NeedsCosts => Flops is not null;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The run's length is not known, or the model has another number of units.</exception>
    public FreezeDecision Decide(CheckContext context, ref NoState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.RunSteps == 0) throw new ArgumentException("timeline: times are parts of the run, and its length is not known: set FreezeOptions.RunSteps.");
        UnitView[] units = [.. context.Units.Where(unit => !unit.IsHead)];
        if (units.Length != times.Length) throw new ArgumentException($"timeline: the model has {units.Length} units beside the heads, found {times.Length} times.");
        var decision = new FreezeDecision(context);
        int[] at = Flops is { } flops ? Matched(context, flops) : Steps(context, 1);
        for (int i = 0; i < units.Length; i++)
        {
            if (!units[i].IsFrozen && at[i] <= context.Step)
                decision.Freeze(units[i].Index, FormattableString.Invariant($"its time is {(double)Math.Max(at[i], context.Step) / context.RunSteps:P1} of the run{(Flops is null ? "" : FormattableString.Invariant($", moved from {times[i]:P1} to take {Flops:P1} of full training's operations"))}"));
        }
        int[] later = [.. at.Where(step => step > context.Step && step < context.RunSteps)];
        decision.NextCheck = later.Length > 0 ? later.Min() : Math.Max(context.Step, context.RunSteps) + 1;
        return decision;
    }

    /// <summary>The step of each freeze where each frozen share is multiplied.</summary>
    private int[] Steps(CheckContext context, double factor) =>
        [.. times.Select(time => (int)Math.Round(context.RunSteps * (1 - Math.Min(1, (1 - time) * factor))))];

    /// <summary>The steps with which the run takes what it is to take.</summary>
    private int[] Matched(CheckContext context, double flops)
    {
        var costs = new TimelineCosts(context);
        if (costs.FullStep == 0) return Steps(context, 1);
        double left = costs.Left(flops), shortest = times.Where(time => time < 1).Select(time => 1 - time).DefaultIfEmpty(1).Min();
        (double fewer, double more) = (0, 1 / shortest);
        for (int i = 0; i < Halvings; i++)
        {
            double middle = (fewer + more) / 2;
            if (costs.Of(Steps(context, middle)) > left) fewer = middle;
            else more = middle;
        }
        // Steps are whole: of both sides the nearer.
        return ((int[][])[Steps(context, more), Steps(context, fewer)]).MinBy(at => Math.Abs(costs.Of(at) - left))!;
    }
}
