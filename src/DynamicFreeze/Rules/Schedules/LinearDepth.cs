namespace ResearchFreeze.DynamicFreeze;

/// <summary>Composer's layer freezing: from a part of the run on, the number of frozen units grows along a straight line: ⌊level · (t − start) / (1 − start) · (n − 1)⌋ of the n units, heads counted, those nearest the input first.</summary>
public sealed class LinearDepth : IFreezeRule<NoState>, IScheduleRule
{
    private readonly double start;
    private readonly double level;

    /// <summary>A rule.</summary>
    /// <param name="start">The part of the run after which freezing begins, in [0, 1).</param>
    /// <param name="level">The part of the units that is frozen at the end, in [0, 1].</param>
    public LinearDepth(double start = 0.5, double level = 1)
    {
        if (start is not (>= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(start), FormattableString.Invariant($"linear-depth: start must be in [0, 1), found {start}."));
        if (level is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(level), FormattableString.Invariant($"linear-depth: level must be in [0, 1], found {level}."));
        this.start = start;
        this.level = level;
    }

    /// <inheritdoc/>
    public string Name => "linear-depth";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"start={start},level={level}");

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The run's length is not known.</exception>
    public FreezeDecision Decide(CheckContext context, ref NoState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.RunSteps == 0) throw new ArgumentException("linear-depth: the run's length is not known; set FreezeOptions.RunSteps.");
        var decision = new FreezeDecision(context);
        double over = context.Step / (double)context.RunSteps;
        if (over <= start) return decision;
        // Rounding must not take a unit away where the line passes through a whole number.
        int depth = (int)((level * (over - start) / (1 - start) * (context.Units.Count - 1)) + 1e-9);
        foreach (UnitView unit in context.Units.Where(unit => !unit.IsHead).Take(depth))
        {
            if (!unit.IsFrozen) decision.Freeze(unit.Index, FormattableString.Invariant($"{over:P1} of the run are over: the first {depth} of {context.Units.Count} units"));
        }
        return decision;
    }
}
