namespace ResearchFreeze.DynamicFreeze;

/// <summary>LP-FT: linear probing, then fine-tuning (Kumar, Raghunathan, Jones, Ma, Liang 2022).</summary>
public static class LinearProbing
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "lp-ft",
            Title = "LP-FT",
            Summary = "Trains the head until it has converged, then everything.",
            Paper = "Kumar, Raghunathan, Jones, Ma, Liang: *Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution*, ICLR 2022.",
            Formula = ["first the head trains on fixed features, to convergence; then all units train"],
            Granularity = "The head, then everything: one change in the run.",
            Frozen = "Features are fixed while the head trains; `--cache` keeps them.",
            Here =
            [
                "The paper trains two runs, each with a learning rate of its own. Here both are parts of one run under one schedule.",
                "Converged means that `patience` measurements on validation data in a row were no better than the best before, or that the part `head` of the run is over, whichever is first. Both numbers are ours.",
                "A model without a head, or with a tied one that is not named: the last unit stands for it.",
            ],
            Settings = [new("head", "0.5", "the largest part of the run in which the head trains alone, in (0, 1]"), new("patience", "2", "validation measurements that are no better; 0: the part alone decides")],
        },
        settings => Policy(settings.Real("head"), settings.Integer("patience")));

    /// <summary>The policy.</summary>
    /// <param name="head">The largest part of the run in which the head trains alone, in (0, 1].</param>
    /// <param name="patience">Validation measurements that are no better; 0: the part alone decides.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Policy Policy(double head = 0.5, int patience = 2)
    {
        if (head is not (> 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(head), FormattableString.Invariant($"lp-ft: head must be in (0, 1], found {head}."));
        var end = new PhaseEnd(Patience: Method.AtLeast("lp-ft", nameof(patience), patience, 0)) { Part = head };
        return new Policy(new NoCriterion(), new Phases([1, Phases.AllUnits], end), steps => Method.Options(steps, steps / 100)) { Method = Method };
    }
}
