namespace ResearchFreeze.DynamicFreeze;

/// <summary>Egeria, or KGT (Wang, Sun, Chen, Lai, Chowdhury 2023).</summary>
public static class Egeria
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "egeria",
            Title = "Egeria",
            Summary = "Freezes the first unit when its plasticity has stopped changing; thaws at drops.",
            Paper = "Wang, Sun, Chen, Lai, Chowdhury: *Egeria: Efficient DNN Training with Knowledge-Guided Layer Freezing*, EuroSys 2023, arXiv 2201.06227; no code was found.",
            Formula =
            [
                "P = ‖Ḡ − Ḡ_ref‖² / b², G = A · Aᵀ of the unit's outputs A on b samples, Ḡ with rows of norm 1",
                "P is smoothed by the mean of the last W values; the slope of a straight line through the last W smoothed values is fitted by least squares",
                "the first unit that trains is frozen when |slope| < tolerance · (its largest |slope| since the start or a thaw) at S checks in a row; then the next one is judged",
                "everything is thawed when the rate falls to a tenth; after that W is halved",
            ],
            Granularity = "One module after the other from the input on, at checks. Thaws at a drop of the learning rate.",
            Frozen = "Batch norm of a frozen module is in evaluation mode, the frozen prefix's outputs are cached with prefetching, and frozen layers leave the all-reduce. Here `--cache` keeps the outputs.",
            Here =
            [
                "The formulas are from memory but for the abstract's part, and were not checked against the paper's text: S, checks, reference and the warm-up are ours. The paper's bootstrapping stage ends when the loss's change falls below a threshold; here it is a part of the run.",
                "The reference is a copy of the model in float32 that runs in line. In the paper it is quantised to 8 bits and runs on idle CPUs.",
                "A drop is a fall by 10 from one step to the next, as step schedules have; a smooth decay thaws nothing. The paper leaves cyclic schedules to a rule of the user's.",
            ],
            Settings =
            [
                new("window", "10", "W, checks"),
                new("tolerance", "0.2", "the part of a unit's largest slope below which it has settled"),
                new("patience", "2", "S, checks in a row"),
                new("checks", "100", "checks in the run"),
                new("reference", "10", "checks after which the reference becomes the present model; 0: the start's"),
                new("bootstrap", "0.1", "the part of the run in which nothing is frozen"),
            ],
            Units = "block",
        },
        settings => Policy(settings.Integer("window"), settings.Real("tolerance"), settings.Integer("patience"), settings.Integer("checks"), settings.Integer("reference"), settings.Real("bootstrap")));

    /// <summary>The policy. It needs a probe batch.</summary>
    /// <param name="window">W; at least 2.</param>
    /// <param name="tolerance">The part of a unit's largest slope below which it has settled; positive.</param>
    /// <param name="patience">Checks in a row; at least 1.</param>
    /// <param name="checks">Checks in the run; at least 1.</param>
    /// <param name="reference">Checks between references; 0: the start's.</param>
    /// <param name="bootstrap">The part of the run in which nothing is frozen, in [0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Policy Policy(int window = 10, double tolerance = 0.2, int patience = 2, int checks = 100, int reference = 10, double bootstrap = 0.1)
    {
        int count = Method.AtLeast("egeria", nameof(checks), checks, 1), copies = Method.AtLeast("egeria", nameof(reference), reference, 0);
        double warmUp = Method.InRange("egeria", nameof(bootstrap), bootstrap, 0, 1);
        return new Policy(
            new PlasticitySlope(window), new PrefixPatience(patience, tolerance, hysteresis: 1, afterThaw: 1),
            steps => Method.Options(steps, steps / count) with { RateDrop = 10, ReferenceEvery = copies, WarmUpSteps = (int)(steps * warmUp) })
        { Method = Method };
    }
}
