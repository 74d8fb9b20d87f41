using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>A decision as a part of a saved state.</summary>
internal static class DecisionState
{
    public static void Save(DecisionEntry entry, StateTree state)
    {
        state.Set("step", entry.Step);
        state.Set("unit", entry.Unit);
        state.Set("action", (long)entry.Action);
        state.Set("trigger", entry.Trigger);
        if (entry.Reason is { } reason) state.Set("reason", reason);
        state.Set("learningRate", entry.LearningRate);
        state.Set("score", entry.Score);
        if (entry.RateScale is { } scale) state.Set("rateScale", scale);
        if (entry.StateAction is { } action) state.Set("stateAction", (long)action);
        if (entry.CutRate is { } cut) state.Set("cutRate", cut);
        if (entry.Price is { } price) state.Set("price", price);
        if (entry.RestoredStep is { } restored) state.Set("restoredStep", restored);
        if (entry.Observation is { } observation) Save(observation, state.Branch("observation"));
        if (entry.UpdateMasks is not { } masks) return;
        state.Set("masks", masks.Count);
        for (int i = 0; i < masks.Count; i++)
        {
            if (masks[i] is not { } mask) continue;
            state.Set($"maskAxis{i}", (long)mask.Axis);
            state.Set($"mask{i}", [.. mask.Trains.Select(part => part ? 1L : 0)]);
        }
    }

    public static DecisionEntry Read(StateTree state, IReadOnlyList<FreezeUnit> units)
    {
        int unit = state.Int32("unit", -1, units.Count - 1);
        return new DecisionEntry(
            state.Int32("step"), unit, unit < 0 ? "(all)" : units[unit].Path, Word<FreezeAction>(state, "action"), state.Text("trigger"), state.Contains("reason") ? state.Text("reason") : null, (float)state.Real("learningRate"), state.Real("score"),
            state.Contains("observation/step") ? ReadObservation(state.Branch("observation")) : null)
        {
            RateScale = state.Contains("rateScale") ? (float)state.Real("rateScale", 0, float.MaxValue) : null,
            StateAction = state.Contains("stateAction") ? Word<OnFreeze>(state, "stateAction") : null,
            CutRate = state.Contains("cutRate") ? state.Real("cutRate", 0, 1) : null,
            Price = state.Contains("price") ? state.Real("price") : null,
            RestoredStep = state.Contains("restoredStep") ? state.Int32("restoredStep") : null,
            UpdateMasks = state.Contains("masks") ? Masks(state, unit < 0 ? throw state.Bad("masks", "belong to no unit") : units[unit]) : null,
        };
    }

    private static void Save(Observation observation, StateTree state)
    {
        state.Set("step", observation.Step);
        state.Set("steps", observation.Steps);
        state.Set("integratedRate", observation.IntegratedRate);
        foreach ((string key, double[] values) in observation.All) state.Branch("values").Set(key, values);
    }

    private static Observation ReadObservation(StateTree state)
    {
        var observation = new Observation(state.Int32("step"), state.Int32("steps"), state.Real("integratedRate"));
        StateTree values = state.Branch("values");
        foreach (string key in values.Names) observation.Add(key, values.Reals(key));
        return observation;
    }

    private static UpdateMask?[] Masks(StateTree state, FreezeUnit unit)
    {
        int count = state.Int32("masks", unit.Parameters.Count, unit.Parameters.Count);
        var masks = new UpdateMask?[count];
        for (int i = 0; i < count; i++)
        {
            if (!state.Contains($"maskAxis{i}")) continue;
            UpdateMaskAxis axis = Word<UpdateMaskAxis>(state, $"maskAxis{i}");
            masks[i] = UpdateMask.Of(axis, [.. state.Integers($"mask{i}", UpdateMask.EntriesOf(axis, unit.Parameters[i].Shape), 0, 1).Select(part => part != 0)]);
        }
        return masks;
    }

    private static T Word<T>(StateTree state, string name)
        where T : struct, Enum
    {
        T[] known = Enum.GetValues<T>();
        return known[state.Int32(name, 0, known.Length - 1)];
    }
}
