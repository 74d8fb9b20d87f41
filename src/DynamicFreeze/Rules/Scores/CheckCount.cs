using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>How many checks there were.</summary>
public sealed class CheckCount : IStateful
{
    /// <summary>Checks so far.</summary>
    public int Checks { get; internal set; }

    /// <inheritdoc/>
    public void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Set("checks", Checks);
    }

    /// <inheritdoc/>
    public Action ReadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        int checks = state.Int32("checks");
        return () => Checks = checks;
    }
}
