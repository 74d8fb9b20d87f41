namespace ResearchFreeze.DynamicFreeze;

/// <summary>A null model: a set of units drawn at random is frozen, heads left out, before the first step, for good or until the next one is drawn.</summary>
public sealed class RandomSet : IFreezeRule<RotationState>, IScheduleRule
{
    private readonly double frozen;
    private readonly int every;

    /// <summary>A rule.</summary>
    /// <param name="frozen">The part of the units without heads that is frozen, rounded down; in [0, 1].</param>
    /// <param name="every">Steps from one draw to the next; 0: one draw for the run.</param>
    public RandomSet(double frozen = 0.5, int every = 0)
    {
        if (frozen is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(frozen), FormattableString.Invariant($"random: the frozen part must be in [0, 1], found {frozen}."));
        if (every < 0) throw new ArgumentOutOfRangeException(nameof(every), $"random: steps between draws must be 0 or more, found {every}.");
        this.frozen = frozen;
        this.every = every;
    }

    /// <inheritdoc/>
    public string Name => "random";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"frozen={frozen},every={every}");

    /// <inheritdoc/>
    public FreezeDecision Decide(CheckContext context, ref RotationState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(state);
        var decision = new FreezeDecision(context);
        if (context.Step == 0 || (every > 0 && context.Step >= state.Next))
        {
            UnitView[] units = [.. context.Units.Where(unit => !unit.IsHead)];
            int count = (int)(frozen * units.Length);
            for (int i = 0; i < units.Length; i++)
            {
                int other = i + context.Random.NextInt32(units.Length - i);
                (units[i], units[other]) = (units[other], units[i]);
                if (i < count != units[i].IsFrozen) decision.Set(units[i].Index, new UnitDecision(i < count, $"{(i < count ? "drawn" : "not drawn")}: {count} of {units.Length} at random"));
            }
            state.Next = context.Step + every;
        }
        // A run's end is after every step.
        decision.NextCheck = every > 0 ? Math.Max(state.Next, context.Step + 1) : Math.Max(context.Step, context.RunSteps) + 1;
        return decision;
    }
}
