namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Adaptive parameter freezing (APF; Chen et al. 2021) for units: at a check a unit's period grows by one if its score is below the threshold, and is halved otherwise; the unit is then frozen for that
/// many checks, is thawed, and is tested again when it has a score. Additive increase and multiplicative decrease, as in TCP: what is stable is frozen for ever longer times, and nothing is frozen for good. As in APF a
/// unit that moves again is still frozen for half its period. APF does this for each scalar with the effective perturbation as its score; any criterion will do here.
/// </summary>
public sealed class AimdTimer : IFreezeRule<TimerState>
{
    private readonly double threshold;

    /// <summary>A timer rule.</summary>
    /// <param name="threshold">Scores below it are stable.</param>
    public AimdTimer(double threshold = 0.5)
    {
        if (!(threshold > 0)) throw new ArgumentOutOfRangeException(nameof(threshold), $"aimd: the threshold must be positive, found {threshold}.");
        this.threshold = threshold;
    }

    /// <inheritdoc/>
    public string Name => "aimd";

    /// <inheritdoc/>
    public string Settings => FormattableString.Invariant($"threshold={threshold}");

    /// <inheritdoc/>
    public FreezeDecision Decide(CheckContext context, ref TimerState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(state);
        state.Resize(context.Units.Count);
        int check = state.Checks++;
        var decision = new FreezeDecision(context);
        foreach (UnitView unit in context.Units)
        {
            if (unit.IsHead) continue;
            if (unit.IsFrozen) Wake(unit, check, state, decision);
            else Test(unit, check, state, decision);
        }
        return decision;
    }

    private static void Wake(UnitView unit, int check, TimerState state, FreezeDecision decision)
    {
        // What somebody else froze has no end here.
        if (state.Until[unit.Index] == 0 || check < state.Until[unit.Index]) return;
        decision.Thaw(unit.Index, $"was frozen for {state.Period[unit.Index]} checks");
    }

    private void Test(UnitView unit, int check, TimerState state, FreezeDecision decision)
    {
        state.Until[unit.Index] = 0;
        if (double.IsNaN(unit.Score)) return;
        bool isStable = unit.Score < threshold;
        int period = isStable ? state.Period[unit.Index] + 1 : state.Period[unit.Index] / 2;
        state.Period[unit.Index] = period;
        if (period == 0) return;
        state.Until[unit.Index] = check + period;
        decision.Freeze(unit.Index, FormattableString.Invariant($"{unit.Explanation}: {(isStable ? "below" : "not below")} {threshold:G3}, frozen for {period} checks"));
    }
}
