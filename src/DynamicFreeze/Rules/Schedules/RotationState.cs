using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Where a rotation is.</summary>
public sealed class RotationState : IStateful
{
    /// <summary>The step at which the next turn begins.</summary>
    public int Next { get; internal set; }

    /// <summary>Who is first in the next turn, counted in the rotation's order.</summary>
    public int Place { get; internal set; }

    /// <inheritdoc/>
    public void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Set("next", Next);
        state.Set("place", Place);
    }

    /// <inheritdoc/>
    public Action ReadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        (int next, int place) = (state.Int32("next"), state.Int32("place"));
        return () => (Next, Place) = (next, place);
    }
}
