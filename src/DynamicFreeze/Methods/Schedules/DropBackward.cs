namespace ResearchFreeze.DynamicFreeze;

/// <summary>DropBP (Woo et al. 2024).</summary>
public static class DropBackward
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "dropbp",
            Title = "DropBP",
            Summary = "Cuts residual branches at random, the more often the less it matters.",
            Paper = "Woo et al.: *DropBP: Accelerating Fine-Tuning of Large Language Models by Dropping Backward Propagation*, NeurIPS 2024, arXiv 2402.17812; code WooSunghyeon/dropbp at 7170a63.",
            Formula =
            [
                "S_l = Σ (‖g‖ − ‖c‖)² over the parameters, with c the gradient with branch l cut, once, at a tenth of the run",
                "rates p_l: again and again the branch with the smallest next rate times S_l is raised by 0.1, up to 0.9, until Σ (1 − p_l) F_l ≤ (1 − p) Σ F_l",
                "in each step branch l passes no gradient on to its input with probability p_l",
            ],
            Granularity = "Residual branches. Here the units that have any (`units=halves` of a transformer has one each), every step.",
            Frozen = "Nothing is frozen: a cut ends the gradient at the branch's input, and the branch's own weights that train get theirs.",
            CodeDiffers = ["By default the released code takes S_l = Σ ‖g − c‖² over the parameters (`as=code`)."],
            Here =
            [
                "A cut saves only what lies between the branch's input and its first weights that train: with norms in front of the branches that is next to nothing. The paper measured with frozen weights and adapters.",
                "F_l is the counted backward work of the unit. The released code's topping up to the mean rate in each step is left out.",
            ],
            Settings = [MethodSetting.As("which sensitivity"), new("rate", "0.5", "p, the part of the branches' backward work that is cut, in (0, 0.9]"), new("at", "0.1", "when the rates are set, as a part of the run")],
        },
        settings => Policy(settings.Reading(), settings.Real("rate"), settings.Real("at")));

    /// <summary>The policy.</summary>
    /// <param name="reading">The paper's sensitivity, or the code's.</param>
    /// <param name="rate">p, in (0, 0.9].</param>
    /// <param name="at">When the rates are set, as a part of the run, in [0, 1).</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Policy Policy(MethodReading reading = MethodReading.Paper, double rate = 0.5, double at = 0.1) =>
        new(new CutScore(), new DropBp(rate, at, reading == MethodReading.Paper), steps => FreezeOptions.WithoutTriggers with { RunSteps = steps }) { Method = Method };
}
