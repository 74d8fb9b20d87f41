namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Counts the checks at which a unit's score was below a threshold, in a <see cref="PatienceState"/>. A score at or above threshold · hysteresis starts the count again; one in between neither
/// counts nor resets, so that noise around the threshold does not decide; NaN counts as in between. A thaw starts the count again and multiplies the patience, with 2 as a rule.
/// </summary>
internal sealed class Patience
{
    private readonly int checks;
    private readonly double threshold;
    private readonly double hysteresis;
    private readonly int afterThaw;

    public Patience(string rule, int checks, double threshold, double hysteresis, int afterThaw = 2)
    {
        if (checks < 1) throw new ArgumentOutOfRangeException(nameof(checks), $"{rule}: patience must be at least 1, found {checks}.");
        if (!(threshold > 0)) throw new ArgumentOutOfRangeException(nameof(threshold), $"{rule}: the threshold must be positive, found {threshold}.");
        if (!(hysteresis >= 1)) throw new ArgumentOutOfRangeException(nameof(hysteresis), $"{rule}: hysteresis must be at least 1, found {hysteresis}.");
        if (afterThaw < 1) throw new ArgumentOutOfRangeException(nameof(afterThaw), $"{rule}: the factor of the patience after a thaw must be at least 1, found {afterThaw}.");
        this.checks = checks;
        this.afterThaw = afterThaw;
        this.threshold = threshold;
        this.hysteresis = hysteresis;
    }

    /// <summary>The settings as text.</summary>
    public string Settings => FormattableString.Invariant($"patience={checks},threshold={threshold},hysteresis={hysteresis}{(afterThaw == 2 ? "" : $",afterThaw={afterThaw}")}");

    /// <summary>Takes note of thaws; to be called once a check, before any unit is judged.</summary>
    public static void Begin(CheckContext context, PatienceState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(state);
        state.Resize(context.Units.Count);
        foreach (UnitView unit in context.Units)
        {
            if (state.Thaws[unit.Index] == unit.Thaws) continue;
            state.Thaws[unit.Index] = unit.Thaws;
            state.Below[unit.Index] = 0;
        }
    }

    /// <summary>Counts this check's score of a unit and freezes the unit if it has been below the threshold for long enough.</summary>
    public void Judge(UnitView unit, PatienceState state, FreezeDecision decision)
    {
        Count(unit, state);
        if (HasFinished(unit, state)) decision.Freeze(unit.Index, Reason(unit, state));
    }

    /// <summary>Whether a unit has been below the threshold for long enough. A score without an opinion freezes nothing, also where the count is high enough because a freeze was refused.</summary>
    public bool HasFinished(UnitView unit, PatienceState state) => state.Below[unit.Index] >= (unit.Thaws > 0 ? afterThaw * checks : checks) && unit.Score < threshold;

    /// <summary>Why a unit is finished, in words.</summary>
    public string Reason(UnitView unit, PatienceState state) => $"finished at {(state.Below[unit.Index] == 1 ? "1 check" : $"{state.Below[unit.Index]} checks")}: {unit.Conclude(threshold)}";

    /// <summary>Counts this check's score of a unit, and decides nothing.</summary>
    public void Count(UnitView unit, PatienceState state)
    {
        if (unit.Score < threshold) state.Below[unit.Index]++;
        else if (unit.Score >= threshold * hysteresis) state.Below[unit.Index] = 0;
    }
}
