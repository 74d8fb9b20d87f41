using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What the last plan of a <see cref="RunBudget"/> expected, and how far off plans have been.</summary>
public sealed class RunBudgetState : IStateful
{
    /// <summary>Seconds of steps over those that were planned, smoothed.</summary>
    public double Factor { get; internal set; } = 1;

    /// <summary>What a step costs beside what was planned, in full steps: the operations of statistics and checks, and what a cache has not kept.</summary>
    public double Overhead { get; internal set; }

    /// <summary>What a step was planned to cost, in full steps; 0: nothing was planned.</summary>
    public double Planned { get; internal set; }

    /// <summary>Steps taken at the plan.</summary>
    public int PlannedAt { get; internal set; }

    /// <summary>What had been spent at the plan, in full steps.</summary>
    public double SpentThen { get; internal set; }

    /// <summary>Units that are frozen by the plan; where others are, it was not carried out, or something else has thawed one.</summary>
    public int Frozen { get; internal set; }

    /// <summary>Units of the frozen prefix after the plan.</summary>
    public int Prefix { get; internal set; }

    /// <summary>The step at which the prefix last became shorter: what a cache had kept of it was lost.</summary>
    public int LostAt { get; internal set; }

    /// <inheritdoc/>
    public void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Set("plan", [Factor, Overhead, Planned, PlannedAt, SpentThen, Prefix, LostAt, Frozen]);
    }

    /// <inheritdoc/>
    public Action ReadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        double[] plan = state.Reals("plan", 8);
        if (!(plan[0] > 0) || !(plan[1] >= 0) || new[] { plan[3], plan[5], plan[6], plan[7] }.Any(count => count is not (>= 0 and <= int.MaxValue))) throw state.Bad("plan", "is no plan");
        return () => (Factor, Overhead, Planned, PlannedAt, SpentThen, Prefix, LostAt, Frozen) = (plan[0], plan[1], plan[2], (int)plan[3], plan[4], (int)plan[5], (int)plan[6], (int)plan[7]);
    }
}
