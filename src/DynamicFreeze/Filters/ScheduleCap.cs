namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// A filter that lets at most ⌈L · (1 − (1 − α)^e)⌉ units be frozen in phase e, the schedule of PipeTransformer (He et al. 2021) in its closed form: none at first, then ever fewer more. L counts
/// units without heads, as it counts blocks there: α = 1/3 and L = 12 give 4, 7, 9, 10, 11, 11, 12. Where the rule wants more, those nearest the input are let through. It thaws nothing.
/// </summary>
public sealed class ScheduleCap : IDecisionFilter<CheckCount>
{
    private readonly double alpha;
    private readonly int every;

    /// <summary>A cap that rises.</summary>
    /// <param name="alpha">The fraction of what still trains that may be frozen in each phase, in (0, 1].</param>
    /// <param name="every">Steps in a phase; 0: a phase is a check, and the question before the first step is phase 0.</param>
    public ScheduleCap(double alpha = 1 / 3.0, int every = 0)
    {
        if (alpha is not (> 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(alpha), $"cap: alpha must be in (0, 1], found {alpha}.");
        if (every < 0) throw new ArgumentOutOfRangeException(nameof(every), $"cap: steps in a phase must be 0 or more, found {every}.");
        this.alpha = alpha;
        this.every = every;
    }

    /// <inheritdoc/>
    public string Name => "cap";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"alpha={alpha},every={every}");

    /// <summary>How many of this many units may be frozen in a phase.</summary>
    public static int Limit(int units, double alpha, int phase)
    {
        // Rounding must not make a whole number the next one: 10 · (1 − 0.7) is a little more than 3.
        const double Rounding = 1e-9;
        return Math.Clamp((int)Math.Ceiling((units * (1 - Math.Pow(1 - alpha, phase))) - Rounding), 0, units);
    }

    /// <inheritdoc/>
    public void Apply(CheckContext context, FreezeDecision decision, ref CheckCount state)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(decision);
        ArgumentNullException.ThrowIfNull(state);
        if (context.Step > 0) state.Checks++;
        int phase = every > 0 ? context.Step / every : state.Checks;
        int limit = Limit(context.Units.Count(unit => !unit.IsHead), alpha, phase);
        int frozen = context.Units.Count(unit => unit.IsFrozen && decision.Units[unit.Index].Frozen);
        foreach (UnitView unit in context.Units)
        {
            if (decision.IsNewFreeze(unit) && ++frozen > limit) decision.Refuse(unit);
        }
    }
}
