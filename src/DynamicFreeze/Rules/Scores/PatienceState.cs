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
        state.Set("below", Array.ConvertAll(Below, checks => (long)checks));
        state.Set("thaws", Array.ConvertAll(Thaws, thaws => (long)thaws));
    }

    /// <inheritdoc/>
    public Action ReadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        int units = state.Int32("units");
        int[] below = Array.ConvertAll(state.Integers("below", units, 0, int.MaxValue), checks => (int)checks), thaws = Array.ConvertAll(state.Integers("thaws", units, 0, int.MaxValue), count => (int)count);
        return () => (Below, Thaws) = (below, thaws);
    }

    internal void Resize(int units)
    {
        if (Below.Length == units) return;
        Below = new int[units];
        Thaws = new int[units];
    }
}
