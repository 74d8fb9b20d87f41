namespace ResearchFreeze.Layers;

/// <summary>
/// A run's state at one moment: weights, buffers, optimizer state with its step counts, and the positions of the model's random streams, bit for bit. Trial steps, rollback, reference models and forks use
/// it. Flags are not part of it: whether a unit is frozen is the controller's to say. Weights and buffers stay on the device; taking or restoring the optimizer's state waits for it.
/// </summary>
public sealed class TrainingSnapshot : IDisposable
{
    private readonly TensorCopy values;
    private readonly IStateful[] stateful;
    private StateTree? states;

    /// <summary>Nothing is taken yet.</summary>
    /// <param name="model">Weights, buffers and random streams.</param>
    /// <param name="optimizer">Its state; null: left alone, as for a reference model that only runs forward.</param>
    /// <param name="further">What else has state: a data loader, a schedule.</param>
    public TrainingSnapshot(ModuleBase model, Optimizer? optimizer, params ReadOnlySpan<IStateful> further)
    {
        ArgumentNullException.ThrowIfNull(model);
        values = TensorCopy.Of(model);
        stateful = [.. model.Modules().OfType<IStateful>(), .. (IEnumerable<IStateful>)(optimizer is null ? [] : [optimizer]), .. further];
    }

    /// <summary>Whether there is something to restore.</summary>
    public bool IsTaken => states is not null;

    /// <summary>Takes the present state over.</summary>
    public void Take()
    {
        values.Take();
        states = Present();
    }

    /// <summary>Nothing is taken any more.</summary>
    internal void Forget() => states = null;

    /// <summary>Goes back to what was taken; it can be restored again.</summary>
    /// <exception cref="InvalidOperationException">Nothing was taken.</exception>
    public void Restore()
    {
        Action[] changes = Read(Taken());
        values.Restore();
        Array.ForEach(changes, change => change());
    }

    /// <summary>Exchanges the present state and the one that was taken; again to undo it.</summary>
    /// <exception cref="InvalidOperationException">Nothing was taken.</exception>
    public void Swap()
    {
        Action[] changes = Read(Taken());
        StateTree present = Present();
        values.Swap();
        Array.ForEach(changes, change => change());
        states = present;
    }

    /// <summary>Writes what was taken to a tree; nothing where nothing was.</summary>
    public void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (states is null) return;
        values.Save(state.Branch("values"));
        states.CopyTo(state.Branch("states"));
    }

    /// <summary>Reads and checks what <see cref="SaveState"/> wrote; what it returns makes it what was taken.</summary>
    /// <exception cref="FormatException">It was taken of another model or optimizer.</exception>
    public Action ReadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Action copy = values.Read(state.Branch("values"));
        var taken = new StateTree();
        state.Branch("states").CopyTo(taken);
        _ = Read(taken);
        return () =>
        {
            copy();
            states = taken;
        };
    }

    /// <summary>Releases the copies.</summary>
    public void Dispose() => values.Dispose();

    private StateTree Taken() => states ?? throw new InvalidOperationException("Snapshot: nothing was taken.");

    private StateTree Present()
    {
        var tree = new StateTree();
        for (int i = 0; i < stateful.Length; i++) stateful[i].SaveState(tree.Branch($"{i}"));
        return tree;
    }

    /// <summary>All parts are read before one is changed.</summary>
    private Action[] Read(StateTree tree)
    {
        var changes = new Action[stateful.Length];
        for (int i = 0; i < changes.Length; i++) changes[i] = stateful[i].ReadState(tree.Branch($"{i}"));
        return changes;
    }
}
