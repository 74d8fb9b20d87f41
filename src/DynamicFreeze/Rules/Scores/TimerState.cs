using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

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
