using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>
/// Freezes from the input on: only the frontmost unit that still trains is judged, as in Egeria (Wang et al. 2023), and it is frozen when its score has been below the threshold at
/// <c>patience</c> checks. A score at or above threshold · hysteresis starts the count again; one in between neither counts nor resets, so that noise around the threshold does not
/// decide; NaN counts as in between. After a thaw a unit needs twice the patience.
/// </summary>
public sealed class PrefixPatience : IFreezeRule<PatienceState>
{
    private readonly int patience;
    private readonly double threshold;
    private readonly double hysteresis;

    /// <summary>A prefix rule.</summary>
    /// <param name="patience">Checks below the threshold before a unit is frozen; at least 1.</param>
    /// <param name="threshold">Scores below it say "finished".</param>
    /// <param name="hysteresis">At least 1.</param>
    public PrefixPatience(int patience = 2, double threshold = 0.5, double hysteresis = 2)
    {
        if (patience < 1) throw new ArgumentOutOfRangeException(nameof(patience), $"prefix-patience: patience must be at least 1, found {patience}.");
        if (!(threshold > 0)) throw new ArgumentOutOfRangeException(nameof(threshold), $"prefix-patience: the threshold must be positive, found {threshold}.");
        if (!(hysteresis >= 1)) throw new ArgumentOutOfRangeException(nameof(hysteresis), $"prefix-patience: hysteresis must be at least 1, found {hysteresis}.");
        this.patience = patience;
        this.threshold = threshold;
        this.hysteresis = hysteresis;
    }

    /// <inheritdoc/>
    public string Name => "prefix-patience";

    /// <inheritdoc/>
    public FreezeDecision Decide(CheckContext context, ref PatienceState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(state);
        state.Resize(context.Units.Count);
        var decision = new FreezeDecision(context);
        foreach (UnitView unit in context.Units)
        {
            if (state.Thaws[unit.Index] != unit.Thaws)
            {
                state.Thaws[unit.Index] = unit.Thaws;
                state.Below[unit.Index] = 0;
            }
        }
        UnitView? front = context.Units.FirstOrDefault(unit => !unit.IsFrozen);
        if (front is null || front.IsHead) return decision;
        if (front.Score < threshold) state.Below[front.Index]++;
        else if (front.Score >= threshold * hysteresis) state.Below[front.Index] = 0;
        int needed = front.Thaws > 0 ? 2 * patience : patience;
        if (state.Below[front.Index] >= needed)
            decision.Freeze(front.Index, FormattableString.Invariant($"{front.Explanation}: below {threshold:G3} at {state.Below[front.Index]} checks"));
        return decision;
    }
}

/// <summary>For each unit: checks below the threshold, and the thaws that have been taken note of.</summary>
public sealed class PatienceState : IStateful
{
    /// <summary>Checks below the threshold since the count last began.</summary>
    public int[] Below { get; private set; } = [];

    /// <summary>Thaws that have been taken note of.</summary>
    public int[] Thaws { get; private set; } = [];

    /// <inheritdoc/>
    public void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Set("units", Below.Length);
        for (int i = 0; i < Below.Length; i++)
        {
            state.Set($"below{i}", Below[i]);
            state.Set($"thaws{i}", Thaws[i]);
        }
    }

    /// <inheritdoc/>
    public void LoadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Resize((int)state.Integer("units"));
        for (int i = 0; i < Below.Length; i++)
        {
            Below[i] = (int)state.Integer($"below{i}");
            Thaws[i] = (int)state.Integer($"thaws{i}");
        }
    }

    internal void Resize(int units)
    {
        if (Below.Length == units) return;
        Below = new int[units];
        Thaws = new int[units];
    }
}
