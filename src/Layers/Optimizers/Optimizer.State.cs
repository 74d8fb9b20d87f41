namespace ResearchFreeze.Layers;

// What an optimizer needs to go on bit for bit: steps, schedule, guard, and each parameter's state.
public abstract partial class Optimizer
{
    /// <inheritdoc/>
    public void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Set("kind", Key);
        state.Set("settings", Settings);
        state.Set("steps", StepCount);
        Schedule.SaveState(state.Branch("schedule"));
        if (guard is not null) state.Set("guard", guard);
        foreach (OptimizerSlot slot in slots) slot.Save(state.Branch(slot.Parameter.Path));
    }

    /// <inheritdoc/>
    public Action ReadState(StateTree state) => ReadState(state, otherSettings: false);

    /// <inheritdoc/>
    public void LoadState(StateTree state) => LoadState(state, otherSettings: false);

    /// <summary>Reads the state of an optimizer of the same kind over the same parameters, all of it or nothing.</summary>
    /// <param name="state">What <see cref="SaveState"/> wrote.</param>
    /// <param name="otherSettings">Whether schedule, weight decay, clipping, groups and <see cref="OnFreeze"/> may be others than those it was saved under: training then goes on, but not as it would have.</param>
    /// <exception cref="FormatException">It is another's, or damaged; nothing was changed.</exception>
    public void LoadState(StateTree state, bool otherSettings)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Apply(tree => ReadState(tree, otherSettings));
    }

    private Action ReadState(StateTree state, bool otherSettings)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Require("kind", Key);
        state.Require("settings", Settings, anyWill: otherSettings);
        int steps = state.Int32("steps");
        Action schedule = Schedule.ReadState(state.Branch("schedule"));
        SafetensorsEntry? halt = state.Contains("guard") ? state.Entry("guard", [3]) : null;
        var changes = new Action[slots.Length];
        for (int i = 0; i < slots.Length; i++) changes[i] = slots[i].Read(state.Branch(slots[i].Parameter.Path), StateTensors, otherSettings);
        return () =>
        {
            StepCount = steps;
            schedule();
            Array.ForEach(changes, change => change());
            // What was measured here says nothing about the loaded state's parameters: the next step measures for itself.
            isPrepared = false;
            squares?.Device.Fill(squares.Range, 0);
            if (halt is null)
            {
                Reset();
                return;
            }
            RequireGuard(slots[0].Parameter.Value.Device);
            halt.CopyTo(guard!);
        };
    }
}
