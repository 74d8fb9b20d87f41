using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

// What a step that is recorded (StepGraphs) needs of the optimizer: where its rates come from, and what it counts.
public abstract partial class Optimizer
{
    /// <summary>A parameter's rate and count of updates as the step finds them that comes next.</summary>
    private int Announce(StepRecording recorder, OptimizerSlot slot) => recorder.Update(slot, () => RateOf(slot), () => slot.Steps + 1);

    /// <summary>What a step counts is counted again in each that repeats it; everything else that it changes lies on the device.</summary>
    private void Repeat(StepRecording recorder)
    {
        OptimizerSlot[] taken = [.. slots.Where(Trains)];
        recorder.Again(() =>
        {
            foreach (OptimizerSlot slot in taken) slot.Steps++;
            StepCount++;
        });
    }
}
