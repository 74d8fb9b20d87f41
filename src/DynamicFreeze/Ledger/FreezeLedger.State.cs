using System.Diagnostics;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Saving and loading: a run that goes on has one ledger.</summary>
public sealed partial class FreezeLedger
{
    internal void Save(StateTree state)
    {
        var done = new StepCost(numbers.Length);
        for (int unit = 0; unit < numbers.Length; unit++)
        {
            foreach (CostKind kind in StepCost.Kinds) done[unit, (int)kind] = Booked(unit, kind);
            done.Kept[unit] = device.Counters.KeptBytes(numbers[unit]) - start.Kept[unit];
        }
        state.Set("steps", Steps);
        state.Set("seconds", Seconds);
        state.Set("trainedElementSteps", trainedElementSteps);
        state.Set("trainedParameterSteps", trainedParameterSteps);
        state.Set("communicatedSteps", communicatedSteps);
        LedgerState.Save(done, state.Branch("done"));
        LedgerState.Save(full, state.Branch("full"));
        state.Set("sizes", fullSteps.Count);
        state.Set("fullSizes", [.. fullSteps.Keys]);
        state.Set("fullCounts", [.. fullSteps.Keys.Select(size => (long)counted.GetValueOrDefault(size))]);
        foreach ((long size, StepCost step) in fullSteps) LedgerState.Save(step, state.Branch($"full{size}"));
        state.Set("unseen", unseen.Count);
        state.Set("unseenSizes", [.. unseen.Select(entry => entry.Forward)]);
        state.Set("unseenSteps", [.. unseen.Select(entry => (long)entry.Steps)]);
        for (int unit = 0; unit < kept.Length; unit++) state.Set($"kept{unit}", [.. kept[unit].Select(stays => stays ? 1L : 0)]);
    }

    /// <summary>Reads and checks; what it returns makes the change.</summary>
    internal Action Read(StateTree state)
    {
        int width = numbers.Length, steps = state.Int32("steps");
        double seconds = state.Real("seconds", 0, double.MaxValue);
        long elements = state.Integer("trainedElementSteps", 0), parameters = state.Integer("trainedParameterSteps", 0), communicated = state.Integer("communicatedSteps", 0);
        StepCost done = LedgerState.Read(state.Branch("done"), width), all = LedgerState.Read(state.Branch("full"), width);
        long[] sizes = state.Integers("fullSizes", state.Int32("sizes"), 0), unseenSizes = state.Integers("unseenSizes", state.Int32("unseen"), 0), unseenSteps = state.Integers("unseenSteps", unseenSizes.Length, 0, int.MaxValue);
        long[] counts = state.Integers("fullCounts", sizes.Length, 0, int.MaxValue);
        if (sizes.Distinct().Count() < sizes.Length) throw state.Bad("fullSizes", "names one size twice");
        StepCost[] costs = [.. sizes.Select(size => LedgerState.Read(state.Branch($"full{size}"), width))];
        bool[][] stays = [.. units.Select(unit => state.Integers($"kept{unit.Index}", unit.Parameters.Count, 0, 1).Select(flag => flag != 0).ToArray())];
        return () =>
        {
            (Steps, Seconds, trainedElementSteps, trainedParameterSteps, communicatedSteps, full, kept) = (steps, seconds, elements, parameters, communicated, all, stays);
            fullSteps.Clear();
            counted.Clear();
            for (int i = 0; i < sizes.Length; i++)
            {
                fullSteps.Add(sizes[i], costs[i]);
                // A size that was only measured, before the first step, has been of no step.
                if (counts[i] > 0) counted.Add(sizes[i], (int)counts[i]);
            }
            unseen.Clear();
            for (int i = 0; i < unseenSizes.Length; i++) unseen.Add((unseenSizes[i], (int)unseenSteps[i]));
            // What was done before counts as done here.
            Read(start);
            for (int unit = 0; unit < width; unit++)
            {
                foreach (CostKind kind in StepCost.Kinds) start[unit, (int)kind] -= done[unit, (int)kind];
                start.Kept[unit] -= done.Kept[unit];
            }
            Settle();
            lastTick = Stopwatch.GetTimestamp();
        };
    }
}
