using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>The state of a rule that has none.</summary>
public sealed class NoState : IStateful
{
    /// <inheritdoc/>
    public void SaveState(StateTree state)
    {
    }

    /// <inheritdoc/>
    public Action ReadState(StateTree state) => () => { };
}
