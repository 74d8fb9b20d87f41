namespace ResearchFreeze.DynamicFreeze;

/// <summary>GradES (2025).</summary>
public static class GradEs
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "grades",
            Title = "GradES",
            Summary = "Freezes each matrix whose gradient changes less than a threshold, for good.",
            Paper = "*GradES*, 2025, arXiv 2509.01842; code IXZZZ9/GradES at 2bc0294.",
            Formula =
            [
                "as=paper: G(t) = ‖∇W(t) − ∇W(t−1)‖₁, as its third version has it",
                "as=norm:  ‖∇W(t)‖₁, the gradient norm of its first version",
                "as=code:  ‖W(t) − W(t−1)‖₁",
                "frozen when it is below τ, once the part `grace` of the run is over; training ends when all matrices are frozen",
            ],
            Granularity = "Single matrices of attention and feed-forward layers, at every step. Nothing is thawed.",
            Frozen = "`requires_grad` is off.",
            CodeDiffers = ["The code measures how far the weights moved (`as=code`).", "Its first observation of a matrix is 0, and so below any τ. Here a first observation is no opinion."],
            Here =
            [
                "τ is a sum over a matrix's scalars and depends on its size and the rate: take it from the early scores of a run of your own. 0.0001 is the paper's default; the code's README has 0.0216 and 2.40.",
                "All tensors but the head's are looked at, biases and norms too.",
                "Training ends when only heads still train (`stop=1`).",
            ],
            Settings =
            [
                MethodSetting.OneOf("as", "what is measured", "paper", "code", "norm"), new("tau", "0.0001", "τ"), new("grace", "0.3", "the part of the run in which nothing is frozen"),
                new("every", "1", "steps from one look to the next"), new("stop", "1", "1: training ends when only heads train"),
            ],
            Units = "tensor",
        },
        settings => Policy(
            settings.Word("as") switch { "code" => GradEsReading.Code, "norm" => GradEsReading.Norm, _ => GradEsReading.Paper }, settings.Real("tau"), settings.Real("grace"), settings.Integer("every"), settings.Flag("stop")));

    /// <summary>The policy.</summary>
    /// <param name="reading">What is measured.</param>
    /// <param name="tau">τ; positive.</param>
    /// <param name="grace">The part of the run in which nothing is frozen, in [0, 1].</param>
    /// <param name="every">Steps from one look to the next; at least 1.</param>
    /// <param name="stops">Whether training ends when only heads train.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Policy Policy(GradEsReading reading = GradEsReading.Paper, double tau = 1e-4, double grace = 0.3, int every = 1, bool stops = true)
    {
        double part = Method.InRange("grades", nameof(grace), grace, 0, 1);
        int steps = Method.AtLeast("grades", nameof(every), every, 1);
        ICriterion criterion = reading switch { GradEsReading.Code => new WeightChangeSize(WeightMeasure.AbsoluteL1), GradEsReading.Norm => new GradientNormSize(GradientMeasure.L1), _ => new GradientDifferenceSize() };
        return new Policy(criterion, new Threshold(1, tau, 1, stops), run => Method.Options(run, steps) with { WarmUpSteps = (int)(run * part) }) { Method = Method };
    }
}
