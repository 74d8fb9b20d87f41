using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

// What a step that is recorded (StepGraphs) needs of the optimizer: where its rates come from, and what it counts.
public abstract partial class Optimizer
{
    /// <summary>A parameter's rate and count of updates as the step finds them that comes next.</summary>
    private int Announce(StepRecording recorder, OptimizerSlot slot) => recorder.Update(slot, () => RateOf(slot), () => slot.Steps + 1);

    /// <summary>What a step does on the host is done in each that repeats it; everything else that it changes lies on the device.</summary>
    private void Repeat(StepRecording recorder)
    {
        OptimizerSlot[] taken = [.. slots.Where(Trains)], others = [.. slots.Where(slot => !Trains(slot))];
        recorder.Before(() => Begin(taken, others));
        recorder.Again(() =>
        {
            foreach (OptimizerSlot slot in taken) slot.Steps++;
            StepCount++;
        });
    }

    /// <summary>What <see cref="Prepare"/> and <see cref="Step"/> do once after a freeze or a thaw: the steps on both sides of it may be repeated ones.</summary>
    private void Begin(OptimizerSlot[] taken, OptimizerSlot[] others)
    {
        Device device = guard!.Device;
        using CostScope booking = Booking(device);
        foreach (OptimizerSlot slot in taken) (slot.HasSquare, slot.Policy) = (true, null);
        foreach (OptimizerSlot slot in others)
        {
            Clear(device, slot);
            Settle(slot);
        }
    }

    /// <summary>A parameter that has no gradient any more has no part in the norm of all: once after a freeze, and no work of the unit's.</summary>
    private void Clear(Device device, OptimizerSlot slot)
    {
        if (slot.HasSquare) device.Fill(squares!.Range.Slice(slot.Index, 1), 0);
        slot.HasSquare = false;
    }

    /// <summary>Applies the policy of a frozen parameter's state, which ends with the freeze.</summary>
    private void Settle(OptimizerSlot slot)
    {
        if (slot.Parameter.IsFrozen) slot.Apply(slot.Policy ?? OnFreeze);
        else slot.Policy = null;
    }
}
