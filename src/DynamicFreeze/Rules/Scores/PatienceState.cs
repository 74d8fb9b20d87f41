using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

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
