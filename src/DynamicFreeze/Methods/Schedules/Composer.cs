namespace ResearchFreeze.DynamicFreeze;

/// <summary>MosaicML Composer's layer freezing.</summary>
public static class Composer
{
    /// <summary>The method.</summary>
    public static Method Method { get; } = new(
        new MethodCard
        {
            Name = "composer",
            Title = "Composer's layer freezing",
            Summary = "Freezes more and more from the input on, along a straight line, each epoch.",
            Paper = "MosaicML Composer's `LayerFreezing` at 6405188, with its README's statement that there is no evidence of a better tradeoff.",
            Formula = ["depth(t) = ⌊level · (t − start) / (1 − start) · (n − 1)⌋ for t > start, t the part of the run that is over, n modules", "the first depth(t) modules are frozen"],
            Granularity = "Leaf modules with parameters, at the end of each epoch. Nothing is thawed.",
            Frozen = "Parameters leave the optimizer's groups; their state stays in it. Batch norm goes on in training mode, and its running statistics move.",
            Here =
            [
                "Modules are taken in the order of the chain. There it is the order of definition, which may be another than that of use.",
                "Parameters that a parent module owns, such as a class token, are never frozen there. Here they belong to a unit.",
                "A head counts in n and is never frozen. Batch norm is frozen with its unit. A run can be resumed.",
            ],
            Settings = [new("start", "0.5", "freeze_start; its README advises 0.1 or more"), new("level", "1", "freeze_level")],
            Units = "module",
        },
        settings => Policy(settings.Real("start"), settings.Real("level")));

    /// <summary>The policy.</summary>
    /// <param name="start">The part of the run after which freezing begins, in [0, 1).</param>
    /// <param name="level">The part of the modules that is frozen at the end, in [0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static Policy Policy(double start = 0.5, double level = 1) => new(new NoCriterion(), new LinearDepth(start, level), steps => Method.EpochOptions(steps, 1)) { Method = Method };
}
