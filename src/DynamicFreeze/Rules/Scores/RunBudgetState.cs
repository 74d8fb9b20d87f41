using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What the last plan of a <see cref="RunBudget"/> expected, and how far off plans have been.</summary>
public sealed class RunBudgetState : IStateful
{
    /// <summary>What steps cost over what was planned, smoothed.</summary>
    public double Factor { get; internal set; } = 1;

    /// <summary>What a step was planned to cost, in full steps; 0: nothing was planned.</summary>
    public double Planned { get; internal set; }

    /// <summary>Steps taken at the plan.</summary>
    public int PlannedAt { get; internal set; }

    /// <summary>What had been spent at the plan, in full steps.</summary>
    public double SpentThen { get; internal set; }

    /// <summary>Units of the frozen prefix after the plan.</summary>
    public int Prefix { get; internal set; }

    /// <summary>The step at which the prefix last became shorter: what a cache had kept of it was lost.</summary>
    public int LostAt { get; internal set; }

    /// <inheritdoc/>
    public void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Set("plan", [Factor, Planned, PlannedAt, SpentThen, Prefix, LostAt]);
    }

    /// <inheritdoc/>
    public Action ReadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        double[] plan = state.Reals("plan", 6);
        if (!(plan[0] > 0) || new[] { plan[2], plan[4], plan[5] }.Any(count => count is not (>= 0 and <= int.MaxValue))) throw state.Bad("plan", "is no plan");
        return () => (Factor, Planned, PlannedAt, SpentThen, Prefix, LostAt) = (plan[0], plan[1], (int)plan[2], plan[3], (int)plan[4], (int)plan[5]);
    }
}
