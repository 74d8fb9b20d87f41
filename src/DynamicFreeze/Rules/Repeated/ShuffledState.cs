using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Where a shuffled run is.</summary>
public sealed class ShuffledState : IStateful
{
    /// <summary>For each recorded unit the one that stands in for it; empty before the draw.</summary>
    public int[] Places { get; internal set; } = [];

    /// <summary>Recorded changes that were made.</summary>
    public int Done { get; internal set; }

    /// <inheritdoc/>
    public void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Set("units", Places.Length);
        state.Set("places", Array.ConvertAll(Places, place => (long)place));
        state.Set("done", Done);
    }

    /// <inheritdoc/>
    public Action ReadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        int units = state.Int32("units"), done = state.Int32("done");
        int[] places = Array.ConvertAll(state.Integers("places", units, 0, Math.Max(0, units - 1)), place => (int)place);
        return () => (Places, Done) = (places, done);
    }
}
