using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Adaptive parameter freezing (APF; Chen et al. 2021) for units: at a check a unit's period grows by one if its score is below the threshold, and is halved otherwise; the unit then rests for that
/// many checks, is thawed, and is tested again when it has a score. Additive increase and multiplicative decrease, as in TCP: what is stable rests ever longer, and nothing rests for good. As in APF a
/// unit that moves again still rests for half its period. APF does this for each scalar with the effective perturbation as its score; any criterion will do here.
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
        decision.Thaw(unit.Index, $"rested for {state.Period[unit.Index]} checks");
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
        decision.Freeze(unit.Index, FormattableString.Invariant($"{unit.Explanation}: {(isStable ? "below" : "not below")} {threshold:G3}, rests for {period} checks"));
    }
}

/// <summary>For each unit: how long it rests, and until when.</summary>
public sealed class TimerState : IStateful
{
    /// <summary>Checks so far, the question before the first step included.</summary>
    public int Checks { get; internal set; }

    /// <summary>Checks that a unit rests when it is frozen next or now.</summary>
    public int[] Period { get; private set; } = [];

    /// <summary>The check, counted from 0, that thaws a unit; 0: this rule did not freeze it.</summary>
    public int[] Until { get; private set; } = [];

    /// <inheritdoc/>
    public void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Set("checks", Checks);
        state.Set("units", Period.Length);
        for (int i = 0; i < Period.Length; i++)
        {
            state.Set($"period{i}", Period[i]);
            state.Set($"until{i}", Until[i]);
        }
    }

    /// <inheritdoc/>
    public void LoadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Checks = (int)state.Integer("checks");
        Resize((int)state.Integer("units"));
        for (int i = 0; i < Period.Length; i++)
        {
            Period[i] = (int)state.Integer($"period{i}");
            Until[i] = (int)state.Integer($"until{i}");
        }
    }

    internal void Resize(int units)
    {
        if (Period.Length == units) return;
        Period = new int[units];
        Until = new int[units];
    }
}
