using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Saving and loading.</summary>
public sealed partial class FreezeController
{
    /// <inheritdoc/>
    public void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Set("lastCheck", lastCheck);
        state.Set("nextCheck", nextCheck);
        state.Set("stop", ShouldStop ? 1 : 0);
        state.Set("random", (long)random.Position);
        state.Set("checks", checks);
        replay?.Save(state);
        guard.Save(state.Branch("guard"));
        rule.SaveState(state.Branch("rule"));
        foreach (UnitState unit in units)
        {
            StateTree branch = state.Branch($"unit{unit.Unit.Index}");
            for (int i = 0; i < unit.Unit.Parameters.Count; i++) branch.Set($"frozen{i}", unit.Unit.Parameters[i].IsFrozen ? 1 : 0);
            unit.Save(branch);
        }
        StateTree measurements = state.Branch("validation");
        for (int i = 0; i < validation.Count; i++)
        {
            ValidationPoint point = validation[i];
            measurements.Set($"{i:D9}/{point.Name}", [3], new[] { point.Step, point.Value, point.HigherIsBetter ? 1 : 0 });
        }
    }

    /// <inheritdoc/>
    public void LoadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        lastCheck = (int)state.Integer("lastCheck");
        nextCheck = (int)state.Integer("nextCheck");
        ShouldStop = state.Integer("stop") != 0;
        random.Position = (ulong)state.Integer("random");
        checks = (int)state.Integer("checks");
        replay?.Load(state);
        guard.Load(state.Branch("guard"));
        rule.LoadState(state.Branch("rule"));
        foreach (UnitState unit in units)
        {
            StateTree branch = state.Branch($"unit{unit.Unit.Index}");
            for (int i = 0; i < unit.Unit.Parameters.Count; i++) unit.Unit.Parameters[i].IsFrozen = branch.Integer($"frozen{i}") != 0;
            unit.Load(branch);
        }
        StateTree measurements = state.Branch("validation");
        validation.Clear();
        foreach (string key in measurements.Names)
        {
            double[] point = measurements.Reals(key);
            validation.Add(new ValidationPoint((int)point[0], key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..], point[1], point[2] != 0));
        }
    }
}
