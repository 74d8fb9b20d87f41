namespace ResearchFreeze.DynamicFreeze;

/// <summary>AutoFreeze (Liu, Agarwal, Venkataraman 2021).</summary>
public static class AutoFreeze
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "autofreeze",
            Title = "AutoFreeze",
            Summary = "Freezes the first units whose gradient norm changes less than a percentile.",
            Paper = "Liu, Agarwal, Venkataraman: *AutoFreeze: Automatically Freezing Model Blocks to Accelerate Fine-tuning*, 2021, arXiv 2102.01386; code uw-mad-dash/AutoFreeze at 44d65c2.",
            Formula =
            [
                "Δ_l(T) = Σ g_l over the steps of interval T",
                "η_l(T) = | ‖Δ_l(T−1)‖ − ‖Δ_l(T)‖ | / ‖Δ_l(T−1)‖",
                "the first units are frozen, up to the first whose η is at or above the percentile of the η of all units that train",
            ],
            Granularity = "A prefix of blocks, at the end of each of `intervals` intervals of the run; nothing before the second. Nothing is thawed.",
            Frozen = "The frozen blocks run in evaluation mode and record no graph; the code keeps their outputs for each sample and reads them in later epochs. Here dropout of a frozen prefix is off, it records no graph, and `--cache` keeps its outputs.",
            CodeDiffers =
            [
                "‖·‖ is the L1 norm in the code, summed over a block's tensors (`as=code`). The paper writes a norm without naming it; `as=paper` takes the L2 norm.",
                "At each freeze the code loads the model from a checkpoint and makes a new optimizer: the moments of all layers are lost. Here they are kept.",
            ],
            Here = ["Embeddings are a unit of their own with an η of their own; in the code they are frozen together with the first block.", "The code's learning rate falls in steps; here it follows the run's schedule."],
            Settings =
            [
                MethodSetting.As("which norm"),
                new("percentile", "50", "the percentile of η, in (0, 100]"),
                new("intervals", "10", "intervals in the run; the commands of the code's README use 20"),
            ],
            Units = "block",
        },
        settings => Policy(settings.Reading(), settings.Real("percentile"), settings.Integer("intervals")));

    /// <summary>The policy.</summary>
    /// <param name="reading">Which norm: L2 for the paper, L1 for the code.</param>
    /// <param name="percentile">The percentile of the changes, in (0, 100].</param>
    /// <param name="intervals">Intervals in the run; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Policy Policy(MethodReading reading = MethodReading.Paper, double percentile = 50, int intervals = 10)
    {
        int count = Method.AtLeast("autofreeze", nameof(intervals), intervals, 1);
        GradientMeasure norm = reading == MethodReading.Code ? GradientMeasure.AccumulatedL1 : GradientMeasure.AccumulatedL2;
        return new Policy(new GradientNormChange(norm), new Percentile(percentile), steps => Method.Options(steps, steps / count)) { Method = Method };
    }
}
