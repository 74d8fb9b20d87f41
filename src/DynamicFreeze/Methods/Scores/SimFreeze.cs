namespace ResearchFreeze.DynamicFreeze;

/// <summary>SimFreeze, the freezing of ETuner (Li et al. 2024).</summary>
public static class SimFreeze
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "simfreeze",
            Title = "SimFreeze",
            Summary = "Freezes each layer whose likeness to the starting model has settled.",
            Paper = "Li et al.: *ETuner: A Redundancy-Aware Framework for Efficient Continual Learning on Edge Devices* (EdgeOL), 2024, arXiv 2401.16694; no code was found.",
            Formula = ["CKA_l(T): linear kernel alignment of layer l's outputs on a fixed batch with those of the model at the start of fine-tuning", "frozen when |CKA_l(T) − CKA_l(T−1)| / CKA_l(T−1) is below 1 %"],
            Granularity = "Layers, each by itself, at checks.",
            Frozen = "As under any rule.",
            Here =
            [
                "The rule of 1 % is from memory and was not checked against the paper's text. Whether its variation is relative is our reading.",
                "On a change of scenario the paper thaws layers whose CKA on new data moved. A run here has one scenario: nothing is thawed. LazyTune, which delays rounds of fine-tuning, is not built.",
                "The number of checks is ours.",
            ],
            Settings = [new("variation", "0.01", "the largest change of a layer that has settled"), new("checks", "20", "checks in the run")],
            Units = "block",
        },
        settings => Policy(settings.Real("variation"), settings.Integer("checks")));

    /// <summary>The policy. It needs a probe batch.</summary>
    /// <param name="variation">The largest change of a layer that has settled; positive.</param>
    /// <param name="checks">Checks in the run; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Policy Policy(double variation = 0.01, int checks = 20)
    {
        int count = Method.AtLeast("simfreeze", nameof(checks), checks, 1);
        return new Policy(new AlignmentChange(), new Threshold(1, variation, 1), steps => Method.Options(steps, steps / count) with { ReferenceEvery = 0 }) { Method = Method };
    }
}
