using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>For each unit the score that it had when it trained last.</summary>
public sealed class ScoreState : IStateful
{
    /// <summary>The scores; empty before the first check.</summary>
    public double[] Scores { get; internal set; } = [];

    /// <inheritdoc/>
    public void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Set("scores", Scores);
    }

    /// <inheritdoc/>
    public Action ReadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        double[] scores = state.Reals("scores");
        return () => Scores = scores;
    }
}
