namespace ResearchFreeze.Layers;

/// <summary>Something whose state belongs to a run: saving it and loading it into a fresh instance continues bit for bit (requirement R10).</summary>
public interface IStateful
{
    /// <summary>Writes everything that changes while training.</summary>
    void SaveState(StateTree state);

    /// <summary>Reads what <see cref="SaveState"/> wrote.</summary>
    /// <exception cref="FormatException">Something is missing or has another shape.</exception>
    void LoadState(StateTree state);
}
