using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>FreezeOut (Brock, Lim, Ritchie, Weston 2017).</summary>
public static class FreezeOut
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "freezeout",
            Title = "FreezeOut",
            Summary = "Each unit's rate follows a cosine of its own to zero, then it is frozen.",
            Paper = "Brock, Lim, Ritchie, Weston: *FreezeOut: Accelerate Training by Progressively Freezing Layers*, 2017, arXiv 1706.04983; code ajbrock/FreezeOut at 73beea1.",
            Formula =
            [
                "u_i = t0 + (1 − t0) · i / L for the units i = 0, 1, … from the input; the head is i = L",
                "t_i = S(u_i) with S(u) = u, u² or u³",
                "rate_i(t) = ½ · α_i · (1 + cos(π · t / t_i)), t the part of the run that is over; α_i = α / t_i, or α where scale=0",
                "the unit is frozen when t > t_i",
            ],
            Granularity = "Blocks, from the input on; rates move at every step. Nothing is thawed.",
            Frozen = "A frozen block is in evaluation mode, so that running moments stay, its output is cut off from the graph, and its parameters leave the optimizer.",
            CodeDiffers =
            [
                "The paper's formula lacks the ½, as the code's README says; both readings have it here.",
                "The code takes an epoch to have 1000 steps, whatever it has (`as=code`).",
                "In the code the first convolution is taken out of the optimizer and goes on computing its gradient until the block behind it is frozen. Here nothing of a frozen unit is computed.",
            ],
            Here =
            [
                "With `constant-time` the code divides the number of epochs by 1 − its estimate of the time saved, from a cost model of one DenseNet. A policy does not change a run's length here: give the lengthened run more `--epochs`.",
                "α is the run's rate, `--lr`; the code has 0.1.",
                "A model without a head: the last unit is i = L.",
            ],
            Settings =
            [
                MethodSetting.As("how long the run is taken to be: as it is, or 1000 steps an epoch"),
                MethodSetting.OneOf("shape", "S", "cubic", "squared", "linear"),
                new("start", "0.8", "t0 before S, in (0, 1]"),
                new("scale", "1", "1: rates are divided by t_i, so that each unit goes as far as without freezing"),
                new("every", "1", "steps from one change of the rates to the next; each is a line of the decision log"),
            ],
            Units = "block",
            Schedule = "each unit's rate follows a cosine of its own, from the run's rate on",
        },
        settings => Policy(settings.Reading(), ShapeOf(settings.Word("shape")), settings.Real("start"), settings.Flag("scale"), settings.Integer("every")));

    /// <summary>The policy. The optimizer's schedule must be <see cref="Constant"/>.</summary>
    /// <param name="reading">The run's length as it is, or 1000 steps an epoch as in the code.</param>
    /// <param name="shape">S.</param>
    /// <param name="start">t0, in (0, 1].</param>
    /// <param name="scales">Whether rates are divided by t_i.</param>
    /// <param name="every">Steps from one change of the rates to the next; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Policy Policy(MethodReading reading = MethodReading.Paper, FreezeOutShape shape = FreezeOutShape.Cubic, double start = 0.8, bool scales = true, int every = 1)
    {
        int steps = Method.AtLeast("freezeout", nameof(every), every, 1);
        return new Policy(new NoCriterion(), new FreezeOutRule(shape, start, scales, reading == MethodReading.Code ? 1000 : 0), run => Method.Options(run, steps)) { Method = Method, Schedule = (rate, _) => new Constant(rate) };
    }

    private static FreezeOutShape ShapeOf(string word) => word switch
    {
        "linear" => FreezeOutShape.Linear,
        "squared" => FreezeOutShape.Squared,
        _ => FreezeOutShape.Cubic,
    };
}
