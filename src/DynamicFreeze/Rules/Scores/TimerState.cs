using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>For each unit: how long it stays frozen, and until when.</summary>
public sealed class TimerState : IStateful
{
    /// <summary>Checks so far, the question before the first step included.</summary>
    public int Checks { get; internal set; }

    /// <summary>Checks that a unit stays frozen for, when it is frozen next or now.</summary>
    public int[] Period { get; private set; } = [];

    /// <summary>The check, counted from 0, that thaws a unit; 0: this rule did not freeze it.</summary>
    public int[] Until { get; private set; } = [];

    /// <inheritdoc/>
    public void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Set("checks", Checks);
        state.Set("units", Period.Length);
        state.Set("period", Array.ConvertAll(Period, checks => (long)checks));
        state.Set("until", Array.ConvertAll(Until, check => (long)check));
    }

    /// <inheritdoc/>
    public Action ReadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        int checks = state.Int32("checks"), units = state.Int32("units");
        int[] period = Array.ConvertAll(state.Integers("period", units, 0, int.MaxValue), count => (int)count), until = Array.ConvertAll(state.Integers("until", units, 0, int.MaxValue), check => (int)check);
        return () => (Checks, Period, Until) = (checks, period, until);
    }

    internal void Resize(int units)
    {
        if (Period.Length == units) return;
        Period = new int[units];
        Until = new int[units];
    }
}
