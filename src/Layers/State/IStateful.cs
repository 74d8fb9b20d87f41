namespace ResearchFreeze.Layers;

/// <summary>Something whose state belongs to a run: saving it and loading it into a fresh instance continues bit for bit.</summary>
public interface IStateful
{
    /// <summary>Writes everything that changes while training, and what it belongs to: the kind and the settings that another must share to go on from it.</summary>
    void SaveState(StateTree state);

    /// <summary>
    /// Reads and checks what <see cref="SaveState"/> wrote and changes nothing; what it returns makes the change, and does not fail. Who has parts reads them all before it changes one.
    /// </summary>
    /// <exception cref="FormatException">Something is missing, of another shape, or another's.</exception>
    Action ReadState(StateTree state);

    /// <summary>Reads what <see cref="SaveState"/> wrote, all of it or nothing.</summary>
    /// <exception cref="FormatException">Something is missing, of another shape, or another's; nothing was changed.</exception>
    void LoadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Apply(ReadState);
    }
}
