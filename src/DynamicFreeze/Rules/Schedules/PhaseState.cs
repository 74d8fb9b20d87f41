using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Where a plan of phases is.</summary>
public sealed class PhaseState : IStateful
{
    /// <summary>The phase, from 0; −1 before the first, and one more than there are when the plan is done.</summary>
    public int Phase { get; private set; } = -1;

    /// <summary>The step at which it began.</summary>
    public int Step { get; private set; }

    /// <summary>Checks since then.</summary>
    public int Checks { get; internal set; }

    /// <summary>Validation measurements that were there when it began.</summary>
    public int Measured { get; private set; }

    /// <inheritdoc/>
    public void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Set("phase", Phase);
        state.Set("step", Step);
        state.Set("checks", Checks);
        state.Set("measured", Measured);
    }

    /// <inheritdoc/>
    public Action ReadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        (int phase, int step, int checks, int measured) = (state.Int32("phase", -1), state.Int32("step"), state.Int32("checks"), state.Int32("measured"));
        return () => (Phase, Step, Checks, Measured) = (phase, step, checks, measured);
    }

    internal void Begin(int step, int measured)
    {
        Phase++;
        Step = step;
        Checks = 0;
        Measured = measured;
    }
}
