namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// FreezeOut's plan (Brock et al. 2017): unit i has the part t_i = S(t0 + (1 − t0) · i / L) of the run, in which its rate falls along half a cosine to zero, and is then frozen. Heads have the whole run. The rates stand
/// in for the schedule's, which must be constant: <see cref="FreezeOut.Policy"/> sees to that.
/// </summary>
public sealed class FreezeOutRule : IFreezeRule<NoState>, IScheduleRule
{
    private readonly FreezeOutShape shape;
    private readonly double start;
    private readonly bool scales;
    private readonly int epochSteps;

    /// <summary>A plan.</summary>
    /// <param name="shape">S.</param>
    /// <param name="start">t0 in (0, 1].</param>
    /// <param name="scales">Whether the rates are divided by t_i.</param>
    /// <param name="epochSteps">Steps that an epoch is taken to have, whatever it has; 0: the run is as long as it is.</param>
    public FreezeOutRule(FreezeOutShape shape, double start, bool scales, int epochSteps = 0)
    {
        if (start is not (> 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(start), FormattableString.Invariant($"freezeout: start must be in (0, 1], found {start}."));
        if (epochSteps < 0) throw new ArgumentOutOfRangeException(nameof(epochSteps), $"freezeout: steps of an epoch must be 0 or more, found {epochSteps}.");
        this.shape = shape;
        this.start = start;
        this.scales = scales;
        this.epochSteps = epochSteps;
    }

    /// <inheritdoc/>
    public string Name => "freezeout";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"shape={shape},start={start},scale={scales},epoch={epochSteps}");

    /// <summary>The part of the run that a unit has: t_i of the unit at a place of so many.</summary>
    public static double PartOf(FreezeOutShape shape, double start, int place, int last)
    {
        double u = start + ((1 - start) * (last == 0 ? 1 : place / (double)last));
        return shape switch { FreezeOutShape.Linear => u, FreezeOutShape.Squared => u * u, _ => u * u * u };
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The run's length is not known.</exception>
    public FreezeDecision Decide(CheckContext context, ref NoState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        double steps = LengthOf(context);
        int others = context.Units.Count(unit => !unit.IsHead), last = others < context.Units.Count ? others : Math.Max(0, others - 1), place = 0;
        var decision = new FreezeDecision(context);
        foreach (UnitView unit in context.Units)
        {
            double part = unit.IsHead ? 1 : PartOf(shape, start, place++, last);
            if (unit.IsFrozen) continue;
            double over = context.Step / (part * steps);
            if (over > 1 && !unit.IsHead) decision.Freeze(unit.Index, FormattableString.Invariant($"{context.Step} of {steps:0} steps are over: its rate has come to zero at {part:P1}"));
            else decision.Scale(unit.Index, 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, over))) / (scales ? part : 1), FormattableString.Invariant($"its rate follows half a cosine to zero at {part:P1} of the run"));
        }
        return decision;
    }

    private double LengthOf(CheckContext context)
    {
        if (context.RunSteps == 0) throw new ArgumentException("freezeout: the run's length is not known; set FreezeOptions.RunSteps.");
        if (epochSteps == 0) return context.RunSteps;
        if (context.EpochSteps == 0) throw new ArgumentException("freezeout: an epoch's length is not known; set FreezeOptions.EpochSteps.");
        return (double)epochSteps * context.RunSteps / context.EpochSteps;
    }
}
