using ILGPU;

namespace ResearchFreeze.Autograd;

// Rates of a step that is being recorded. They change from step to step, so that its updates read them from memory: an item then has the place of its rate.
public sealed partial class GpuDevice
{
    private bool ReadRates(ReadOnlySpan<SgdTarget> targets)
    {
        foreach (ref readonly SgdTarget target in targets)
        {
            if (!ReadRate(target.Number, new AdamStep { Rate = target.Step.Rate })) return false;
        }
        return true;
    }

    private bool ReadRates(ReadOnlySpan<AdamTarget> targets)
    {
        foreach (ref readonly AdamTarget target in targets)
        {
            if (!ReadRate(target.Number, target.Step)) return false;
        }
        return true;
    }

    private bool ReadRates(ReadOnlySpan<RmsPropTarget> targets)
    {
        foreach (ref readonly RmsPropTarget target in targets)
        {
            if (!ReadRate(target.Number, new AdamStep { Rate = target.Step.Rate })) return false;
        }
        return true;
    }

    private bool ReadRates(ReadOnlySpan<LionTarget> targets)
    {
        foreach (ref readonly LionTarget target in targets)
        {
            if (!ReadRate(target.Number, new AdamStep { Rate = target.Step.Rate })) return false;
        }
        return true;
    }

    /// <summary>Writes a rate, with Adam's corrections, where the launch that comes next will find it; false: the step is not to be repeated.</summary>
    private bool ReadRate(int number, in AdamStep step)
    {
        StepRecording recorder = Recorder!;
        if (number == 0) recorder.Refuse("an update's rate is not announced, as by an optimizer of one's own or where a parameter has an update mask");
        if (recorder.Failure is not null) return false;
        RateValue value = recorder.Values.Rate(number);
        value.Read(step);
        Span<int> words = stackalloc int[StepValue.Words];
        RateValue.Write(words, step.Rate, step.Beta1, step.Beta2, step.Step);
        return recorder.Values.Write(number, words, recorder) is not null;
    }

    private static float PlaceOf(in SgdTarget target) => StepValues.PlaceOf(target.Number);

    private static float PlaceOf(in AdamTarget target) => StepValues.PlaceOf(target.Number);

    private static float PlaceOf(in RmsPropTarget target) => StepValues.PlaceOf(target.Number);

    private static float PlaceOf(in LionTarget target) => StepValues.PlaceOf(target.Number);

    /// <summary>Where a launch finds its rates; a view that is not read has to be of something all the same.</summary>
    private ArrayView<float> Rates(TensorRange guard, bool inMemory) => Reals(inMemory ? Recorder!.Values.Range : guard);
}
